// Drives Chromium through examples/web_upload: several files at once, refusals of the service and of the application,
// cancel and retry, and how the page looks. Speaks TAP; without Chromium everything is skipped, but not in CI.
//
// usage: node web_upload.cjs WEB_UPLOAD SCREENSHOT_FOLDER [OPTIONS OF WEB_UPLOAD]
"use strict";
const assert = require("node:assert/strict");
const child = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const zlib = require("node:zlib");
const playwright = require("playwright-core");

const [program, screenshots, ...options] = process.argv.slice(2);

/** The path of a program; undefined when there is none of these names. */
function find(...names) {
  for (const name of names)
    for (const folder of process.env.PATH.split(path.delimiter)) {
      const file = path.join(folder, name);
      if (fs.existsSync(file)) return file;
    }
}

// --- files to upload ---

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; ++i) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG with a sky, a sun and hills, so that a screenshot has something to show. */
function picture(width, height, hue) {
  const rows = [];
  for (let y = 0; y < height; ++y) {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; ++x) {
      const u = x / width, v = y / height;
      const sun = Math.hypot((u - 0.72) * width / height, v - 0.3) < 0.13;
      const hill = v > 0.68 + 0.1 * Math.sin(u * 6 + hue), far = v > 0.58 + 0.08 * Math.sin(u * 9 + 2 * hue);
      const colour = sun ? [255, 236, 190] : hill ? [38, 84 + 20 * hue, 72] : far ? [92, 138, 128 + 20 * hue]
                                           : [150 + 90 * v, 190 + 30 * v * hue, 225 - 40 * v * hue];
      colour.forEach((c, i) => { row[1 + 3 * x + i] = Math.min(255, c); });
    }
    rows.push(row);
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(8 + data.length + 4);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header),
                        chunk("IDAT", zlib.deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}

const file = (name, mimeType, buffer) => ({name, mimeType, buffer});
const photos = () => [file("mountain lake.png", "image/png", picture(640, 480, 0)),
                      file("Été à la colline.png", "image/png", picture(400, 400, 1)),
                      file("notes & plans.txt", "text/plain", Buffer.from("a few words"))];

// --- the application ---

async function start(...more) {
  const server = child.spawn(program, ["--listen", "127.0.0.1:0", "--max-bytes", "2M", "--refuse", "unwanted", ...options, ...more],
                             {stdio: ["ignore", "pipe", "inherit"]});
  const line = await new Promise((resolve, reject) => {
    readline.createInterface({input: server.stdout}).once("line", resolve);
    server.once("exit", code => reject(new Error(`the server ended with ${code}`)));
  });
  assert.match(line, /^listening on http:/);
  server.removeAllListeners("exit");
  return {url: line.replace("listening on ", ""),
          stop: () => new Promise(resolve => { server.once("exit", resolve); server.kill("SIGTERM"); })};
}

class Page {
  static async open(browser, url, device = {}) {
    const page = await browser.newPage({viewport: {width: 1100, height: 820}, ...device});
    const self = new Page();
    self.page = page;
    self.errors = [];
    page.on("pageerror", error => self.errors.push(String(error)));
    await page.goto(url);
    return self;
  }
  row(name) { return this.page.locator("#list li", {has: this.page.getByText(name, {exact: true})}); }
  choose(...files) { return this.page.locator("#files").setInputFiles(files); }
  /** From now on so many bytes a second leave the browser; -1: as many as can. */
  async upload_rate(rate) {
    this.session ??= await this.page.context().newCDPSession(this.page);
    await this.session.send("Network.emulateNetworkConditions",
                            {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate});
  }
  async reaches(name, state) {
    await this.page.waitForFunction(([n, s]) => [...document.querySelectorAll("#list li")].some(
        li => li.querySelector(".name").textContent === n && li.dataset.state === s), [name, state], {timeout: 20000});
    return (await this.row(name).locator(".state").innerText()).replaceAll("\u00a0", " ");
  }
}

// --- what must hold ---

const tests = {
  "three files at once are uploaded, and the page shows the application's replies": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.choose(...photos());
    assert.match(await p.reaches("mountain lake.png", "done"), /^stored as [0-9A-F]{16} · [\d.]+ KiB · 640 × 480$/);
    assert.match(await p.reaches("Été à la colline.png", "done"), /^stored as [0-9A-F]{16} · [\d.]+ KiB · 400 × 400$/);
    assert.match(await p.reaches("notes & plans.txt", "done"), /^stored as [0-9A-F]{16} · 11 bytes$/);
    assert.equal(await p.page.locator("#list img").evaluateAll(all => all.filter(i => i.naturalWidth > 0).length), 2);
    assert.deepEqual(p.errors, []);
    await p.page.close();
  },

  "the link of a stored photo leads to its bytes": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    const [lake] = photos();
    await p.choose(lake);
    await p.reaches(lake.name, "done");
    const target = await p.row(lake.name).locator("a").getAttribute("href");
    const got = await p.page.request.get(app.url + target);
    assert.equal(got.status(), 200);
    assert.equal(got.headers()["content-type"], "image/png");
    assert.ok((await got.body()).equals(lake.buffer));
    await p.page.close();
  },

  "three files are under way at once, each with progress of its own, and a fourth waits": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.upload_rate(400 * 1024);
    await p.page.evaluate(() => {
      window.seen = {};
      window.together = 0;
      new MutationObserver(() => {
        const sending = document.querySelectorAll("#list li[data-state=sending]");
        together = Math.max(together, sending.length);
        for (const row of sending)
          (seen[row.querySelector(".name").textContent] ??= new Set()).add(row.querySelector("progress").value);
      }).observe(document.querySelector("#list"), {subtree: true, childList: true, attributes: true});
    });
    const names = ["one.bin", "two.bin", "three.bin", "four.bin"];
    await p.choose(...names.map(name => file(name, "application/octet-stream", Buffer.alloc(400_000))));
    for (const name of names) await p.reaches(name, "done");
    const [seen, together] = await p.page.evaluate(
        () => [Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, [...values]])), together]);
    assert.equal(together, 3);
    for (const name of names) {
      const between = seen[name].filter(v => v > 0 && v < 1);
      assert.ok(between.length >= 2, `${name}: ${seen[name]}`);
    }
    await p.page.close();
  },

  "a file that the policy forbids shows the service's error": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.choose(file("too long.bin", "application/octet-stream", Buffer.alloc(2 * 1024 * 1024 + 1)));
    assert.match(await p.reaches("too long.bin", "failed"), /^EntityTooLarge: /);
    await p.page.close();
  },

  "a callback that the application refuses shows that the file is stored": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.choose(file("unwanted.txt", "text/plain", Buffer.from("x")));
    assert.match(await p.reaches("unwanted.txt", "refused"), /^stored, but .*Error status : 403\./);
    assert.equal(await p.row("unwanted.txt").locator("button").isVisible(), false);
    await p.page.close();
  },

  "an upload that was cancelled while its form was made can be sent again": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    let held;
    await p.page.route("**/api/form", route => { held = route; });
    await p.choose(file("again.txt", "text/plain", Buffer.from("again")));
    await p.reaches("again.txt", "sending");
    await p.row("again.txt").getByRole("button", {name: "Cancel"}).click();
    assert.equal(await p.reaches("again.txt", "failed"), "cancelled");
    await held.abort().catch(() => {});
    await p.page.unroute("**/api/form");
    await p.row("again.txt").getByRole("button", {name: "Retry"}).click();
    assert.match(await p.reaches("again.txt", "done"), /· 5 bytes$/);
    assert.equal(await p.page.locator("#list li").count(), 1);
    await p.page.close();
  },

  "an upload that was cancelled on its way stores nothing, and can be sent again": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.upload_rate(50 * 1024);
    await p.choose(file("long.bin", "application/octet-stream", Buffer.alloc(1_000_000)));
    await p.page.waitForFunction(() => document.querySelector("progress").value > 0);
    await p.row("long.bin").getByRole("button", {name: "Cancel"}).click();
    assert.equal(await p.reaches("long.bin", "failed"), "cancelled");
    await p.upload_rate(-1);
    await p.row("long.bin").getByRole("button", {name: "Retry"}).click();
    assert.match(await p.reaches("long.bin", "done"), /· 976\.6 KiB$/);
    assert.deepEqual(p.errors, []);
    await p.page.close();
  },

  "a storage that cannot be reached is reported, and the file can be sent again": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    await p.page.route("**/photos/", route => route.abort());
    await p.choose(file("offline.txt", "text/plain", Buffer.from("x")));
    assert.equal(await p.reaches("offline.txt", "failed"), "the connection to the storage broke");
    await p.page.unroute("**/photos/");
    await p.row("offline.txt").getByRole("button", {name: "Retry"}).click();
    await p.reaches("offline.txt", "done");
    await p.page.close();
  },

  "files can be dropped on the page": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    const dropped = await p.page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped"], "dropped.txt", {type: "text/plain"}));
      return data;
    });
    await p.page.dispatchEvent("#drop", "drop", {dataTransfer: dropped});
    assert.match(await p.reaches("dropped.txt", "done"), /· 7 bytes$/);
    await p.page.close();
  },

  "a form is refused without a name": async (browser, app) => {
    const p = await Page.open(browser, app.url);
    const got = await p.page.request.post(app.url + "/api/form", {data: {}});
    assert.equal(got.status(), 400);
    await p.page.close();
  },

  "nothing overflows, on a desk and on a phone": async (browser, app) => {
    for (const [name, device] of [["desktop", {}], ["phone", {viewport: {width: 390, height: 844}, deviceScaleFactor: 2}]]) {
      const p = await Page.open(browser, app.url, device);
      await p.choose(file("unwanted.txt", "text/plain", Buffer.from("x")),
                     file("holiday film, uncut and far too long.mp4", "video/mp4", Buffer.alloc(2 * 1024 * 1024 + 1)),
                     ...photos());
      await p.reaches("unwanted.txt", "refused");
      await p.reaches("holiday film, uncut and far too long.mp4", "failed");
      for (const {name: photo} of photos()) await p.reaches(photo, "done");
      await p.upload_rate(100 * 1024);
      await p.choose(file("lagoon.png", "image/png", Buffer.concat([picture(800, 600, 0.5), Buffer.alloc(900_000)])));
      await p.page.waitForFunction(() => document.querySelector("progress").value > 0.4);
      const [width, needed] = await p.page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(needed <= width, `${name}: ${needed} of ${width}`);
      await p.page.screenshot({path: path.join(screenshots, `web_upload-${name}.png`), fullPage: true});
      await p.row("lagoon.png").getByRole("button", {name: "Cancel"}).click();
      await p.page.close();
    }
  },
};

async function main() {
  const chromium = find("chromium", "chromium-browser", "google-chrome-stable", "google-chrome");
  if (!chromium) {
    if (process.env.CI) throw new Error("Chromium is not installed");
    console.log("1..0 # SKIP Chromium is not installed");
    return 0;
  }
  const app = await start();
  const browser = await playwright.chromium.launch({  // with a new profile, which goes with it
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
  });
  console.log(`1..${Object.keys(tests).length}`);
  let number = 0, failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    let why;
    try {
      await test(browser, app);
    } catch (error) {
      why = error;
      ++failed;
    }
    console.log(`${why ? "not ok" : "ok"} ${++number} ${name}`);
    if (why) console.log(String(why.stack || why).replace(/^/gm, "# "));
  }
  await browser.close();
  assert.equal(await app.stop(), 0, "the server ends cleanly");
  return failed ? 1 : 0;
}

main().then(code => process.exit(code), error => { console.error(error); process.exit(1); });
