// Looks at a running demo as its visitor does: logs in, sees the dashboard before and during the alarm, the
// integration's page, both devices, and the form for one more broker. Ends with status 1 and the reason when something
// is not there.
//
//   node look.mjs URL USER PASSWORD FOLDER      URL is the dashboard's; screenshots go to FOLDER
//
// CHROMIUM names the browser.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [dashboardUrl, user, password, folder] = process.argv.slice(2);
const ALARM_MS = 240_000;
const PAGE_MS = 60_000;
const SETTLE_MS = 2_500;

const browserArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];

/** Wait until the text is visible; Playwright looks through shadow roots by itself. */
async function see(page, text, timeout = PAGE_MS) {
  await page.getByText(text).first().waitFor({ state: "visible", timeout });
}

async function shoot(page, name) {
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`saw ${name}`);
}

async function logIn(page) {
  await page.goto(dashboardUrl);
  await page.locator("input[name=username]").fill(user, { timeout: PAGE_MS });
  await page.locator("input[name=password]").fill(password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${dashboardUrl}/**`, { timeout: PAGE_MS });
}

async function lookAtQuietDashboard(page) {
  for (const text of ["No alarm", "Runaway risk", "Node judges", "Emergency stop"]) await see(page, text);
  await see(page, /\d\d\.\d °C/);
  assert.equal(await page.getByText("Configuration error").count(), 0, "a card has no entity");
  await shoot(page, "dashboard-quiet");
}

async function lookAtAlarm(page) {
  await see(page, "Thermal runaway", ALARM_MS);
  await see(page, /Cause: (Prediction of the model|Temperature)/);
  await see(page, /The node shows Danger/);
  await shoot(page, "dashboard-alarm");
}

async function lookAtIntegration(page, origin) {
  await page.goto(`${origin}/config/integrations/integration/btr`);
  await see(page, "BTR: Battery Thermal Runaway and Bath Control");
  await see(page, /2 devices/);
  await shoot(page, "integration");
}

/** Ask for one more broker, as far as the form; nothing is sent. */
async function lookAtFlow(page, origin) {
  await page.goto(`${origin}/config/integrations/dashboard/add?domain=btr`);
  await page.getByRole("button", { name: "OK", exact: true }).first().click({ timeout: PAGE_MS });
  for (const text of ["Home Assistant's MQTT", "A cloud with a key"]) await see(page, text);
  await page.getByText("Another broker").click({ timeout: PAGE_MS });
  for (const text of ["The broker", "Port", "Password", "Encryption", "Certificate of the authority"]) await see(page, text);
  await shoot(page, "add-broker");
}

/** Open a device from the integration's page, so that its link there is tried as well. */
async function lookAtDevice(page, origin, device, texts, name) {
  await page.goto(`${origin}/config/devices/dashboard?domain=btr`);
  await page.getByText(device).first().click({ timeout: PAGE_MS });
  for (const text of texts) await see(page, text);
  await shoot(page, name);
}

const complaints = [];
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: browserArguments });
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, locale: "en-GB", timezoneId: "UTC" });
page.on("pageerror", (error) => complaints.push(String(error)));
try {
  const { origin } = new URL(dashboardUrl);
  await logIn(page);
  await lookAtQuietDashboard(page);
  await lookAtIntegration(page, origin);
  await lookAtDevice(page, origin, /cell-1/, ["Internal temperature", "Runaway risk", "Correction"], "device-battery");
  await lookAtDevice(page, origin, /bath-1/, ["Outlet median", "Tank temperature", "Release emergency stop"], "device-bath");
  await lookAtFlow(page, origin);
  await page.goto(dashboardUrl);
  await lookAtAlarm(page);
} catch (error) {
  await page.screenshot({ path: join(folder, "failure.png") });
  throw error;
} finally {
  await browser.close();
}
assert.deepEqual(complaints, [], "the pages raised errors");
