// The chapter of a bad night: an alert becomes an incident, which is told, escalated, recovered, ended, and written up.
import { strict as assert } from 'node:assert';
import type { NightWorld } from '../night-world.ts';
import { COMPONENT } from '../outside/outside.ts';
import { agree, END, operationIn, type Stage } from './stage.ts';

type Night = Stage<NightWorld>;

const APP = 'grayledger-production';

export async function badNight(stage: Night): Promise<void> {
  const { heroku, outside } = stage.world;
  stage.chapter('A bad night: yesterday’s release has been rolled back, and the application is well');
  const rolled = operationIn(await stage.types('alice', '/dr rollback v255'));
  await agree(stage, rolled);
  await stage.until(rolled, END, 120_000);

  stage.chapter('A bad night: the nightly backup fails, and the data is found to be corrupt');
  const { name } = await heroku.control.forgeBackup({ app: APP, kind: 'scheduled', status: 'failed' });
  const alert = await stage.appears(/^al-\d+ CRITICAL: .*the newest backup failed/);
  await stage.proves('the failed backup raises an alert by itself, with its figures and how soon to answer', () => {
    const text = stage.cardText(alert);
    assert.match(text, new RegExp(name));
    assert.match(text, /at once/);
  });

  await stage.opens('alice', '/dr assess');
  await stage.chooses('alice', ['Entries do not balance or items are orphaned']);
  await stage.proves('assessed, it names the level, the likely cause, and the way out with RTO and RPO', () => {
    const said = stage.lastTo('alice');
    assert.match(said, /corrupt data/);
    assert.match(said, /RTO 1 h, RPO 24 h/);
  });
  const declared = await stage.types(
    'alice',
    '/dr incident declare "entries do not balance since the import" --level 1 --scenario corruption',
  );
  const incident = /inc-\d+/.exec(declared)?.[0] ?? '';
  await stage.until(incident, ['Seen']);
  await stage.proves('declared, it has a card with its clocks, and the one on call was called', async () => {
    assert.match(stage.cardText(incident), /Diagnosis.* (?:due|reached) at/);
    await stage.people.waitFor('the first call', () => /@alice/.test(stage.threadText(incident)));
  });
  await stage.proves('PagerDuty, the status page and the team by e-mail were told, each once', async () => {
    await stage.people.waitFor('the pager', () => outside.pager.received().length > 0);
    await stage.people.waitFor('the status page', () => outside.page.received().incidents.length > 0);
    await stage.people.waitFor('a mail', () => outside.mail.received().length > 0);
    assert.equal(outside.pager.received().length, 1);
    assert.equal(outside.page.received().incidents.length, 1);
    assert.equal(outside.page.received().components[COMPONENT], 'major_outage');
  });
  await stage.proves('the public reads the canned sentence, and nothing internal', () => {
    const [first] = outside.page.received().incidents;
    const told = JSON.stringify(first?.incident_updates);
    assert.match(told, /investigating a problem with GrayLedger/i);
    assert.doesNotMatch(told, /import/);
  });
  await stage.proves('nobody acknowledges, so the next one is called', async () => {
    await stage.people.waitFor('the second call', () => /@bob/.test(stage.threadText(incident)), { timeoutMs: 30_000 });
  });
  await stage.clicks('bob', incident, 'Acknowledge');
  await stage.proves('bob acknowledges: PagerDuty knows, and nobody else is called', async () => {
    await stage.people.waitFor('the acknowledgement', () => outside.pager.received()[0]?.state === 'acknowledged');
    assert.doesNotMatch(stage.threadText(incident), /@carol/);
  });
  await stage.proves('status updates come by themselves, and go on after a SIGKILL', async () => {
    await stage.nextUpdate(incident);
    await stage.crash();
    await stage.nextUpdate(incident);
  });

  stage.chapter('A bad night: restored with two approvals, resolved, written up');
  await stage.types('bob', '/dr incident update "we restore last night\'s backup" --public');
  const id = operationIn(await stage.types('alice', '/dr recover corruption a001'));
  await agree(stage, id);
  await stage.until(id, END, 180_000);
  await stage.proves('the recovery succeeded and stands on the card of the incident', async () => {
    assert.match(stage.cardText(id), /SUCCEEDED/);
    await stage.people.waitFor('the link', () => stage.cardText(incident).includes(id));
  });
  const list = await stage.types('alice', '/dr checklist during');
  await stage.proves('what Holdfast has seen is ticked with its evidence', () => {
    assert.match(list, /restored/i);
    assert.match(list, new RegExp(id));
  });
  await stage.types('alice', '/dr incident resolve restored a001, books balance again');
  await stage.until(incident, ['RESOLVED', 'Resolved']);
  await stage.proves('ended, everybody is told: how long it took and what was lost', async () => {
    await stage.appears(new RegExp(`^${incident} .*RESOLVED.* Duration .*, downtime \\d`));
    await stage.people.waitFor('the pager', () => outside.pager.received()[0]?.state === 'resolved');
    await stage.people.waitFor('the page', () => outside.page.received().components[COMPONENT] === 'operational');
  });
  await stage.proves('no status update came twice', () => {
    const numbers = stage.updatesOn(incident).map((text) => /^(?:Update \d+|Last update)/.exec(text)?.[0]);
    assert.equal(new Set(numbers).size, numbers.length);
  });
  await stage.proves('a draft of the post-mortem is uploaded to the channel', async () => {
    await stage.people.waitFor(
      'the post-mortem',
      () => stage.filesSaid().some((file) => /^post-mortem.*\.md$/.test(file)),
      {
        timeoutMs: 30_000,
      },
    );
  });
  const timeline = await stage.types('dave', `/dr incident timeline --incident ${incident}`);
  await stage.proves('anybody may read the timeline, and its chain holds', () => {
    assert.match(timeline, /declared/i);
    assert.match(timeline, /chain of its log holds/);
  });
}
