// Takes what has to be told outside of Slack and tells it, each notifier by itself: one that is away holds up no other.
import { Refusal, reasonOf } from '../../core/errors.ts';
import { momentOfPeriod } from '../../core/incident-periods.ts';
import type { NoticeItem, Notices } from '../../core/incident-ports.ts';
import type { IncidentSight } from '../../core/incident-views.ts';
import { sleep } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ChannelPace } from '../channel-pace.ts';
import type { Told } from './notifier.ts';
import type { NotifierOf } from './notifiers.ts';

type Options = {
  readonly notices: Pick<Notices, 'take' | 'sent' | 'retry' | 'drop'>;
  /** The incident as it is now. Throws a Refusal when it or its system is not known, and otherwise when it cannot be read. */
  readonly sightOf: (incident: string) => Promise<IncidentSight>;
  readonly notifierOf: NotifierOf;
  readonly log: Log;
  /** How long to wait when there was nothing to tell. */
  readonly intervalMs: number;
  readonly now: () => Date;
};

export type OutsideSender = {
  /** Takes nothing new, gives what is in flight `ms` (default 5 s) and then cuts it off; settled is both. */
  stop(ms?: number): Promise<void>;
};

const BATCH = 16;
const UNREADABLE_SECONDS = 5;
const COMPOSE_AGAIN_SECONDS = 60;
/** After a day nobody is helped by it. */
const OLDEST_MS = 86_400_000;
const STOP_MS = 5_000;
const RECORD_TRIES = 5;
const BETWEEN_RECORD_TRIES_MS = 500;

/** Starts telling. Never throws and never ends by itself: what goes wrong is logged and tried again. */
export function startOutsideSender(options: Options): OutsideSender {
  const stopping = new AbortController();
  const cutting = new AbortController();
  const loop: Loop = {
    pace: new ChannelPace(),
    unsent: new Set(),
    inFlight: new Set(),
    cut: cutting.signal,
  };
  const running = run(options, loop, stopping.signal);
  return {
    async stop(ms = STOP_MS) {
      stopping.abort();
      await running;
      const late = setTimeout(() => cutting.abort(), ms);
      await Promise.all(loop.inFlight);
      clearTimeout(late);
    },
  };
}

type Loop = {
  /** By system and notifier: how it fared lately, and for how long it is left alone. */
  readonly pace: ChannelPace;
  /** Items that certainly did not arrive, although that could not be recorded. */
  readonly unsent: Set<string>;
  /** What is being told right now. */
  readonly inFlight: Set<Promise<void>>;
  readonly cut: AbortSignal;
};

async function run(options: Options, loop: Loop, stopping: AbortSignal): Promise<void> {
  const { notices, log, intervalMs } = options;
  while (!stopping.aborted) {
    try {
      const taken = await notices.take(BATCH);
      for (const item of taken) begin(options, loop, item);
      if (taken.length > 0) continue;
    } catch (err) {
      log.error({ err }, 'notices could not be taken');
    }
    await sleep(intervalMs, stopping).catch(() => {});
  }
}

/** Each item on its own way: the store gives out one per incident and notifier, so their order is kept. */
function begin(options: Options, loop: Loop, item: NoticeItem): void {
  const work = tellOne(options, loop, item)
    .catch((err: unknown) => options.log.error({ err, ...fieldsOf(item) }, 'what became of a notice is not recorded'))
    .finally(() => loop.inFlight.delete(work));
  loop.inFlight.add(work);
}

async function tellOne(options: Options, loop: Loop, taken: NoticeItem): Promise<void> {
  const item = { ...taken, uncertain: taken.uncertain && !loop.unsent.has(taken.id) };
  loop.unsent.delete(item.id);
  const told = await outcomeOf(options, loop, item);
  if (told.is === 'again' && !item.uncertain) loop.unsent.add(item.id);
  await record(() => settle(options.notices, item, told), item, options.log);
  loop.unsent.delete(item.id);
}

/** Never throws. */
async function outcomeOf(options: Options, loop: Loop, item: NoticeItem): Promise<Told> {
  const { notifierOf, log, now } = options;
  const { notice, receipt, uncertain } = item;
  const sight = await lookAt(options, item);
  if ('is' in sight) return sight;
  const system = sight.system.name;
  const notifier = notifierOf(system, item.notifier);
  if (notifier === null) return { is: 'skipped', why: 'its system does not name this notifier any more' };
  const channel = `${system}/${item.notifier}`;
  const rest = loop.pace.restSeconds(channel);
  const late = now().getTime() - Date.parse(momentOf(item, sight)) > OLDEST_MS;
  if (rest > 0 && !late) return again(rest, 'its notifier is left alone for a while');
  const entry = notice.is === 'ongoing' ? null : (sight.entries.find(({ seq }) => seq === notice.seq) ?? null);
  try {
    const told = await notifier.send({ notice, receipt, uncertain, entry, sight, now: now() }, loop.cut);
    return judged(told, { item, channel, late, loop, log });
  } catch (err) {
    // A defect in composing must not stop the others.
    log.error({ err, ...fieldsOf(item) }, 'notice could not be composed');
    return again(COMPOSE_AGAIN_SECONDS, 'it could not be composed');
  }
}

/** The incident as it is now, or what becomes of a notice of which it cannot be seen. */
async function lookAt({ sightOf, log }: Options, item: NoticeItem): Promise<IncidentSight | Told> {
  try {
    return await sightOf(item.incident);
  } catch (thrown) {
    const fields = { ...fieldsOf(item), reason: reasonOf(thrown) };
    if (thrown instanceof Refusal) {
      log.error(fields, 'notice about something that is not known here');
      return { is: 'skipped', why: 'its incident or system is not known here' };
    }
    log.warn(fields, 'incident of a notice could not be read');
    return again(UNREADABLE_SECONDS, 'its incident could not be read');
  }
}

function again(seconds: number, why: string): Told {
  return { is: 'again', seconds, why, code: null };
}

type Judging = {
  readonly item: NoticeItem;
  readonly channel: string;
  readonly late: boolean;
  readonly loop: Loop;
  readonly log: Log;
};

/** How long to wait, and what of it the log has to know: a trouble that does not pass is said once as an error. */
function judged(told: Told, { item, channel, late, loop: { pace }, log }: Judging): Told {
  if (told.is === 'sent') pace.succeeded(channel);
  if (told.is === 'dropped') log.error({ ...fieldsOf(item), reason: told.why }, 'notice is not told');
  if (told.is !== 'again') return told;
  const fields = { ...fieldsOf(item), reason: told.why, code: told.code };
  if (late) {
    log.error(fields, 'notice is not told: it has been tried for a day');
    return { is: 'dropped', why: `it was tried for a day: ${told.why}` };
  }
  const seconds = pace.failed(channel, told.seconds);
  if (told.code !== null && pace.isNews(channel, told.code))
    log.error(fields, 'notifier does not take what it is told');
  else log.warn({ ...fields, seconds }, 'notice not delivered, trying again');
  return { ...told, seconds };
}

function momentOf({ notice }: NoticeItem, { incident, system, entries }: IncidentSight): string {
  if (notice.is === 'ongoing') return momentOfPeriod(incident, system.updates.everyMinutes, notice.seq);
  return entries.find(({ seq }) => seq === notice.seq)?.at ?? incident.declaredAt;
}

function settle(notices: Options['notices'], { id }: NoticeItem, told: Told): Promise<void> {
  switch (told.is) {
    case 'sent':
      return notices.sent(id, told.receipt);
    case 'again':
      return notices.retry(id, Math.max(1, told.seconds), told.why);
    case 'dropped':
    case 'skipped':
      return notices.drop(id, told.why);
  }
}

/** Records with some patience: unrecorded, it would be told or doubted once more. */
async function record(write: () => Promise<void>, item: NoticeItem, log: Log): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (err) {
      if (tries >= RECORD_TRIES) throw err;
      log.warn({ err, ...fieldsOf(item) }, 'what became of a notice is not recorded yet');
      await sleep(BETWEEN_RECORD_TRIES_MS);
    }
  }
}

function fieldsOf({ incident, notifier, notice }: NoticeItem) {
  return { incident, notifier, notice };
}
