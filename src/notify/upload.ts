// Files to a channel: an address for each, their content, and at last the one call that makes them appear.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { Fault, reasonOf } from '../core/errors.ts';
import { type Failure, failureOf } from './failure-of.ts';
import type { FileToSend, Upload } from './topic.ts';

/** For the content of one file. */
const TIMEOUT_MS = 20_000;

type HandedIn = { readonly id: string; readonly title: string };

const Address = z.object({ upload_url: z.url(), file_id: z.string() });

/** Thrown where it is certain that nothing appeared in the channel. */
export class NotUploaded extends Error {
  override readonly name = 'NotUploaded';
  readonly failure: Failure;

  constructor(cause: unknown) {
    super(`nothing was uploaded: ${reasonOf(cause)}`, { cause });
    this.failure = { ...failureOf(cause), is: 'not_delivered' };
  }
}

/**
 * Uploads the files into the channel and returns the id of the first one. Throws NotUploaded as long as nothing can have
 * appeared; whatever the last call throws leaves that open.
 */
export async function upload(client: WebClient, { comment, files }: Upload, channel: string): Promise<string> {
  const [first, ...others] = files;
  const handedIn = await handIn(client, first);
  const rest: HandedIn[] = [];
  for (const file of others) rest.push(await handIn(client, file));
  const complete = { channel_id: channel, initial_comment: comment, files: [handedIn, ...rest] as [HandedIn] };
  await client.files.completeUploadExternal(complete);
  return handedIn.id;
}

async function handIn(client: WebClient, file: FileToSend): Promise<HandedIn> {
  try {
    // The documentation calls it `alt_txt`, the library `alt_text`.
    const alt = file.alt === null ? {} : { alt_txt: file.alt, alt_text: file.alt };
    const named = { filename: file.name, length: file.data.byteLength, ...alt };
    const { upload_url, file_id } = Address.parse(await client.files.getUploadURLExternal(named));
    const body = new Blob([new Uint8Array(file.data)]);
    const answer = await fetch(upload_url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Fault(`uploading ${file.name}: it was answered with ${answer.status}`);
    return { id: file_id, title: file.title };
  } catch (thrown) {
    throw new NotUploaded(thrown);
  }
}
