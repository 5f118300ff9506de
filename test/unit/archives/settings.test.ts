// Where backups may be said to lie in a system file.
import { describe, expect, it } from 'vitest';
import { Place } from '../../../src/archives/settings.ts';

const s3 = { kind: 's3', bucket: 'provote-backups', region: 'eu-central-1' };

describe('a place', () => {
  it.each([
    [{ kind: 'directory', path: '/var/backups/provote' }],
    [{ ...s3, prefix: 'provote/database/' }],
    [{ ...s3, endpoint: 'https://minio.example.net:9000' }],
    [{ ...s3, endpoint: 'http://127.0.0.1:9000' }],
    [{ ...s3, endpoint: 'http://localhost:9000' }],
  ])('may be %j', (place) => {
    expect(Place.safeParse(place).success).toBe(true);
  });

  it.each([
    ['a directory that is not absolute', { kind: 'directory', path: 'backups' }],
    ['a directory that could be an option', { kind: 'directory', path: '-rf' }],
    ['a server elsewhere that is reached in clear', { ...s3, endpoint: 'http://minio.example.net:9000' }],
    ['a server whose name only looks like this machine', { ...s3, endpoint: 'http://127.0.0.1.example.net' }],
    ['a prefix that ends in the middle of a name', { ...s3, prefix: 'provote' }],
    ['anything with a credential in it', { ...s3, secretAccessKey: 'hunter2' }],
  ])('may not be %s', (_what, place) => {
    expect(Place.safeParse(place).success).toBe(false);
  });
});
