// script/picture: plays until production's card waits for approval, and takes the picture of the channel for the README.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { openStage, operationIn } from './tour/stage.ts';
import { startWorld, type World } from './world.ts';

const PICTURE = fileURLToPath(new URL('../docs/images/channel.png', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const INSTALL = 'sudo apt-get install -y --no-install-recommends chromium fonts-noto-color-emoji';
/** Narrow, so that its words are still read when a page shows it smaller; high enough for both cards. */
const SIZE = { width: 1000, height: 1600 };
// Chromium as root, on a machine without a network: it is not to look for one.
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

if (existsSync(CHROMIUM)) {
  await takePicture();
} else {
  console.error(`${CHROMIUM} is missing. Install it with: ${INSTALL}`);
  process.exitCode = 1;
}

async function takePicture(): Promise<void> {
  const world = await startWorld({ pace: 'fast' });
  try {
    await play(world);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    try {
      await photograph(browser, world);
    } finally {
      await browser.close();
    }
  } finally {
    await world.stop();
  }
  console.log(PICTURE);
}

async function play(world: World): Promise<void> {
  const stage = await openStage(world, () => {});
  try {
    const verified = operationIn(await stage.types('alice', '/dr verify'));
    await stage.until(verified, ['SUCCEEDED']);
    const restore = operationIn(await stage.types('alice', '/dr restore production a001'));
    await stage.until(restore, ['The rehearsal is done']);
  } finally {
    stage.close();
  }
}

async function photograph(browser: Browser, world: World): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(world.slack.url);
  await page.getByRole('button', { name: 'incidents' }).click();
  const approve = page.getByRole('button', { name: 'Approve' });
  await approve.waitFor();
  await page.evaluate('document.fonts.ready');
  await showWholeMessages(page);
  await approve.scrollIntoViewIfNeeded();
  await mkdir(dirname(PICTURE), { recursive: true });
  await page.screenshot({ path: PICTURE });
}

/** Makes the window as much smaller as is seen of a message whose beginning has gone up out of sight. */
async function showWholeMessages(page: Page): Promise<void> {
  const top = (await page.locator('.messages').boundingBox())?.y ?? 0;
  const messages = await page.locator('.msg').all();
  const heads = await Promise.all(messages.map(async (message) => (await message.boundingBox())?.y ?? 0));
  const first = heads.find((y) => y >= top) ?? top;
  await page.setViewportSize({ ...SIZE, height: Math.round(SIZE.height - (first - top)) });
}
