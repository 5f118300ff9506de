// Where one engine lives on this machine: its directory, its addresses, its control groups; and how all of it goes away again.
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { workingDirectory } from '../servers/working-directory.ts';
import { runProgram } from './docker.ts';

const Place = z.object({
  dir: z.string(),
  /** The first three numbers of its 256 addresses: `198.18.7`. */
  net: z.string(),
  /** Who made it: a process of another time may have got the same id. */
  owner: z.object({ pid: z.number(), startedAt: z.string() }),
});
export type Place = z.infer<typeof Place>;

const LABEL = 'engine';
const NOTE = 'place.json';
const CGROUPS = '/sys/fs/cgroup';
const SYSTEM = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** A new directory for an engine, with addresses that no other one here has. */
export async function takePlace(): Promise<Place> {
  const taken = (await places()).map(({ net }) => net);
  const { path: dir } = await workingDirectory(LABEL);
  const place: Place = { dir, net: freeNet(taken), owner: { pid: process.pid, startedAt: await startOf(process.pid) } };
  await writeFile(join(dir, NOTE), JSON.stringify(place));
  return place;
}

/** The control group under which all its containers run. */
export function cgroupOf({ dir }: Place): string {
  return `/${basename(dir)}`;
}

/** Removes everything of an engine that has ended: networks, control groups, files. */
export async function leavePlace(place: Place): Promise<void> {
  await removeBridges(place);
  await removeCgroups(place);
  await rm(place.dir, { recursive: true, force: true, maxRetries: 10 });
}

/** Removes what engines have left whose process was killed. Those of living processes are not touched. */
export async function leaveAbandonedPlaces(): Promise<void> {
  for (const place of await places()) {
    if ((await startOf(place.owner.pid)) !== place.owner.startedAt) await leavePlace(place);
  }
}

async function places(): Promise<Place[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(`holdfast-${LABEL}-`));
  const found = await Promise.all(names.map((name) => readPlace(join(tmpdir(), name))));
  return found.filter((place) => place !== null);
}

async function readPlace(dir: string): Promise<Place | null> {
  // One that is just being made or removed has no note: it is somebody else's business.
  const note = await readFile(join(dir, NOTE), 'utf8').catch(() => null);
  if (note === null) return null;
  const parsed = Place.safeParse(JSON.parse(note));
  return parsed.success && parsed.data.dir === dir ? parsed.data : null;
}

// 198.18.0.0/15 is set aside for measuring equipment (RFC 2544): no network that this machine talks to is in it.
function freeNet(taken: readonly string[]): string {
  for (;;) {
    const net = `198.${randomInt(18, 20)}.${randomInt(256)}`;
    if (!taken.includes(net)) return net;
  }
}

/** When a process was started, in ticks since the machine was; empty if there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program stands in brackets and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const Interface = z.object({
  ifname: z.string().optional(),
  addr_info: z.array(z.object({ local: z.string().optional() })).optional(),
});

async function removeBridges({ net }: Place): Promise<void> {
  const said = await runProgram(SYSTEM, 'ip', ['-json', '-4', 'address', 'show', 'type', 'bridge']);
  for (const { ifname, addr_info: addresses = [] } of z.array(Interface).parse(JSON.parse(said || '[]'))) {
    if (ifname === undefined || !addresses.some(({ local }) => local?.startsWith(`${net}.`))) continue;
    await runProgram(SYSTEM, 'ip', ['link', 'delete', ifname]);
  }
}

// Version 1 has one tree per resource, version 2 a single one.
async function removeCgroups(place: Place): Promise<void> {
  const trees = ['', ...(await readdir(CGROUPS).catch(() => []))];
  for (const tree of trees) {
    const group = join(CGROUPS, tree, cgroupOf(place));
    if (existsSync(group)) await removeGroup(group);
  }
}

async function removeGroup(group: string): Promise<void> {
  for (const entry of await readdir(group, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(group, entry.name));
  }
  await rmdir(group).catch(() => {});
}
