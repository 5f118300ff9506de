// What df prints, in the words of GNU and of busybox.
import { describe, expect, it } from 'vitest';
import { diskIn } from '../../../../src/platforms/compose/free-bytes.ts';

const HEAD = 'Filesystem     1024-blocks     Used Available Capacity Mounted on\n';

describe('the room that is left', () => {
  it.each([
    [
      'by GNU',
      `${HEAD}/dev/vda1        102687672 22087672  80583616      22% /var/lib/postgresql/data\n`,
      { usedBytes: 22_617_776_128, freeBytes: 82_517_622_784 },
    ],
    [
      'by busybox',
      `${HEAD}overlay                100       60        40  60% /\n`,
      { usedBytes: 61_440, freeBytes: 40_960 },
    ],
    ['none', `${HEAD}overlay 100 100 0 100% /\n`, { usedBytes: 102_400, freeBytes: 0 }],
  ])('is read %s', (_, said, disk) => {
    expect(diskIn(said)).toEqual(disk);
  });

  it.each([
    ['nothing', ''],
    ['a headline alone', HEAD],
    ['a file system that tells nothing', `${HEAD}none - - - - /data\n`],
  ])('is unknown of %s', (_, said) => {
    expect(diskIn(said)).toBe(null);
  });
});
