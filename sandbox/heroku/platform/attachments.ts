// Add-on attachments: under which names an app sees a database. DATABASE is the one its code uses.
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import { type ApiRequest, created, ok, param, type Reply, type Route, route } from '../http/route.ts';
import { newColourName, newId } from '../identity.ts';
import { addonOf, appOf, attachmentsOf } from '../lookup.ts';
import type { Addon, App, Attachment } from '../model.ts';
import { addRelease } from './add-release.ts';
import { attachmentView } from './views.ts';

const Named = z.object({ name: z.string().optional(), id: z.string().optional() });
const Reference = z
  .union([z.string(), Named])
  .transform((given) => (typeof given === 'string' ? given : (given.id ?? given.name ?? '')));
const NewAttachment = z.object({
  addon: Reference,
  app: Reference,
  confirm: z.string().nullish(),
  name: z.string().nullish(),
  namespace: z.string().nullish(),
});
const Resolve = z.object({ addon_attachment: z.string(), app: z.string().nullish() });

/** `/addon-attachments` and what resolves their names. */
export function attachmentRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  const views = (attachments: Attachment[]) => attachments.map((attachment) => attachmentView(heroku, attachment));
  return [
    route('GET', '/addon-attachments', () => ok(views(world.attachments))),
    route('GET', '/addon-attachments/:id', (request) =>
      ok(attachmentView(heroku, attachmentOf(heroku, param(request, 'id')))),
    ),
    route('GET', '/apps/:app/addon-attachments', (request) =>
      ok(views(attachmentsOf(world, appOf(world, param(request, 'app'))))),
    ),
    route('GET', '/addons/:addon/addon-attachments', (request) => {
      const addon = addonOf(world, param(request, 'addon'));
      return ok(views(world.attachments.filter(({ addonId }) => addonId === addon.id)));
    }),
    route('POST', '/addon-attachments', (request) => attach(heroku, request)),
    route('DELETE', '/addon-attachments/:id', (request) => {
      const attachment = attachmentOf(heroku, param(request, 'id'));
      const view = attachmentView(heroku, attachment);
      if (request.mischief.deceit === null) detach(heroku, attachment, request.mischief.failRelease);
      return ok(view);
    }),
    route('POST', '/actions/addon-attachments/resolve', (request) => {
      const wanted = shaped(Resolve, request.body);
      const among = wanted.app ? attachmentsOf(world, appOf(world, wanted.app)) : world.attachments;
      const found = matching(heroku, among, wanted.addon_attachment);
      if (found.length === 0) throw notFound('add_on attachment', "Couldn't find that add on attachment.");
      return ok(views(found));
    }),
  ];
}

function attach(heroku: Heroku, request: ApiRequest): Reply {
  const { world } = heroku;
  const wanted = shaped(NewAttachment, request.body);
  const app = appOf(world, wanted.app);
  const addon = addonOf(world, wanted.addon);
  const name = wanted.name ?? newColourName(attachmentsOf(world, app).map((each) => each.name));
  const { deceit, failRelease } = request.mischief;
  if (deceit !== null) return created(attachmentView(heroku, draftAttachment(app, addon, name)));
  const holder = attachmentsOf(world, app).find((each) => each.name === name);
  if (holder !== undefined) {
    requireConfirmation(app, wanted.confirm, name);
    detach(heroku, holder, failRelease);
  }
  return created(attachmentView(heroku, addAttachment(heroku, app, addon, name, failRelease)));
}

/** Makes the attachment and its `Attach …` release. */
export function addAttachment(heroku: Heroku, app: App, addon: Addon, name: string, fail = false): Attachment {
  const attachment = draftAttachment(app, addon, name);
  heroku.world.attachments.push(attachment);
  if (addon.state === 'provisioned')
    addRelease(heroku, app, { description: `Attach ${name} (@ref:${addon.name})`, fail });
  return attachment;
}

/** Removes the attachment with a `Detach …` release. */
export function detach(heroku: Heroku, attachment: Attachment, fail = false): void {
  const { world } = heroku;
  const addon = addonOf(world, attachment.addonId);
  world.attachments = world.attachments.filter((each) => each !== attachment);
  const description = `Detach ${attachment.name} (@ref:${addon.name})`;
  if (addon.state === 'provisioned') addRelease(heroku, appOf(world, attachment.appId), { description, fail });
}

/** Heroku asks for the app's name before it takes a name away from another attachment. */
export function requireConfirmation(app: App, confirm: string | null | undefined, name: string): void {
  if (confirm === app.name) return;
  throw new ApiError(
    423,
    'confirmation_required',
    `Adding ${name} to app ${app.name} would overwrite existing attachment ${name}.`,
  );
}

function draftAttachment(app: App, addon: Addon, name: string): Attachment {
  return { id: newId(), name, appId: app.id, addonId: addon.id, namespace: null, createdAt: new Date() };
}

function attachmentOf({ world }: Heroku, id: string): Attachment {
  const attachment = world.attachments.find((each) => each.id === id);
  if (attachment === undefined) throw notFound('add_on attachment', "Couldn't find that add on attachment.");
  return attachment;
}

// An attachment's own name wins over the name of the add-on behind it.
function matching({ world }: Heroku, among: Attachment[], wanted: string): Attachment[] {
  const own = among.filter(({ id, name }) => [id, name, `${name}_URL`].includes(wanted));
  if (own.length > 0) return own;
  const addon = world.addons.find(({ id, name }) => id === wanted || name === wanted);
  return addon === undefined ? [] : among.filter(({ addonId }) => addonId === addon.id);
}
