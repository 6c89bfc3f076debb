// ali-oss, a client nobody here wrote, against oss-emulator with authentication on: ali_oss.cjs OSS_EMULATOR STORE
//
// Everything runs with both versions of the signature, and with the bucket in the path and in the host name. What is
// stored is checked by reading it back with its metadata. STORE is memory or directory.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const dns = require('node:dns');
const fs = require('node:fs');
const path = require('node:path');
const { Readable, Writable } = require('node:stream');
const OSS = require('ali-oss');

const { content, crc64, folder, md5, startApplicationServer, startEmulator, write } = require('./scene.cjs');
const { run, test } = require('./tap.cjs');

dns.setDefaultResultOrder('ipv4first');

const key = { accessKeyId: 'interop', accessKeySecret: 'interop-secret' };
const reader = { accessKeyId: 'reader', accessKeySecret: 'reader-secret' };
// ali-oss warns where a token is never refreshed; these live as long as the test
const unchanging = { refreshSTSToken: async () => { throw new Error('nothing to refresh'); }, refreshSTSTokenInterval: 3_600_000 };
const temporary = { accessKeyId: 'STS.guest', accessKeySecret: 'guest-secret', stsToken: 'token+of/the=guest', ...unchanging };
const stale = { accessKeyId: 'STS.stale', accessKeySecret: 'stale-secret', stsToken: 'token-of-yesterday', ...unchanging };
const bucket = 'interop';
const keyFile = `# who may come in
${key.accessKeyId} ${key.accessKeySecret}
${reader.accessKeyId} ${reader.accessKeySecret} read-only
${temporary.accessKeyId} ${temporary.accessKeySecret} token=${temporary.stsToken}
${stale.accessKeyId} ${stale.accessKeySecret} token=${stale.stsToken} expires=2020-01-01T00:00:00.000Z
`;

let emulator;
let application;

// Two ways to address a bucket. A client that makes URLs for others is always of the first kind: ali-oss makes none for
// an IP address.

/** A client whose requests address the bucket in the path. */
const pathStyle = (version, options = {}) => new OSS({
  region: 'oss-cn-hangzhou', endpoint: `http://localhost:${emulator.port}`, sldEnable: true, bucket,
  authorizationV4: version === 4, ...key, ...options,
});

/** A client whose requests address the bucket in the host name: of an IP address ali-oss makes that of the region. */
const hostStyle = (version, options = {}) => new OSS({
  region: 'oss-cn-hangzhou', endpoint: emulator.url, bucket, authorizationV4: version === 4, ...key, ...options,
});

/** Asserts that this fails with the service's status and code. */
const refused = async (what, status, code) => {
  const error = await Promise.resolve().then(() => what()).then(() => null, (e) => e);
  assert.ok(error, `it should have failed with ${status} ${code}`);
  assert.equal(`${error.status} ${error.code}`, `${status} ${code}`, error.stack);
  return error;
};

/** Asserts what a plain HTTP answer is, and returns its text. */
const answers = async (response, status, code) => {
  const text = await response.text();
  assert.equal(response.status, status, text);
  if (code) assert.match(text, new RegExp(`<Code>${code}</Code>`));
  return text;
};

const received = async (uploadId) => {
  const uploads = await (await fetch(`${emulator.url}/_emulator/uploads`)).json();
  return uploads.find((upload) => upload.uploadId === uploadId);
};

const lastLog = (part) => emulator.log.filter((line) => line.includes(part)).at(-1) ?? '';

/** Runs something while the clock that ali-oss reads is `ms` off. */
const atAnotherTime = async (ms, body) => {
  const Real = Date;
  global.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [Real.now() + ms])); }
    static now() { return Real.now() + ms; }
  };
  try {
    return await body();
  } finally {
    global.Date = Real;
  }
};

const callbackTo = (where, more = {}) => ({
  url: `${application.url}${where}`,
  body: 'bucket=${bucket}&object=${object}&size=${size}&user=${x:user}&place=${x:place}',
  contentType: 'application/x-www-form-urlencoded',
  customValue: { user: 'me & you', place: 'Hangzhou 杭州' },
  ...more,
});

function suite(version, style, makeClient) {
  const mode = `v${version}-${style}`;
  const prefix = `${mode}/`;
  const other = (options) => makeClient(version, options);
  const it = (name, body) => test(`V${version}, bucket in the ${style}: ${name}`, () => body(makeClient(version)));
  const read = async (c, name) => (await c.get(name)).content;

  // --- put and get ---

  it('put stores a buffer with its type, headers and metadata', async (c) => {
    const bytes = content(5000);
    const put = await c.put(`${prefix}a.txt`, bytes, {
      meta: { user: 'me', 'two-words': 'a b' },
      headers: { 'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment; filename="a.txt"' },
    });
    assert.equal(put.res.headers.etag, `"${md5(bytes)}"`);
    assert.equal(put.res.headers['x-oss-hash-crc64ecma'], crc64(bytes));
    assert.match(put.res.headers['x-oss-request-id'], /^[0-9A-F]{24}$/);
    const { content: got, res } = await c.get(`${prefix}a.txt`);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['content-type'], 'text/plain');
    assert.equal(res.headers['cache-control'], 'no-cache');
    assert.equal(res.headers['content-disposition'], 'attachment; filename="a.txt"');
    assert.equal(res.headers['x-oss-meta-user'], 'me');
    assert.equal(res.headers['x-oss-meta-two-words'], 'a b');
  });

  for (const name of ['目录/对象 1.txt', 'a+b&c=d;e,f', 'per%20cent%', 'q?uestion#hash', "quote'(s)*!", 'a//b', '~tilde_-.'])
    it(`put and get a key such as ${name}`, async (c) => {
      const bytes = Buffer.from(`bytes of ${name}`);
      await c.put(prefix + name, bytes);
      assert.deepEqual(await read(c, prefix + name), bytes);
      const { objects } = await c.list({ prefix: prefix + name }, {});
      assert.deepEqual(objects.map((o) => o.name), [prefix + name]);
      await c.delete(prefix + name);
    });

  it('put stores a file', async (c) => {
    const bytes = content(200_000, 2);
    await c.put(`${prefix}page.html`, write('page.html', bytes));
    const { content: got, res } = await c.get(`${prefix}page.html`);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['content-type'], 'text/html');
  });

  it('put stores nothing, too', async (c) => {
    await c.put(`${prefix}empty`, Buffer.alloc(0));
    const { res } = await c.head(`${prefix}empty`);
    assert.equal(res.headers['content-length'], '0');
    assert.equal(res.headers.etag, '"D41D8CD98F00B204E9800998ECF8427E"');
  });

  it('put does not overwrite where it is told not to', async (c) => {
    await c.put(`${prefix}kept`, Buffer.from('first'));
    const again = () => c.put(`${prefix}kept`, Buffer.from('second'), { headers: { 'x-oss-forbid-overwrite': 'true' } });
    await refused(again, 409, 'FileAlreadyExists');
    assert.equal(String(await read(c, `${prefix}kept`)), 'first');
  });

  it('put with a wrong digest stores nothing', async (c) => {
    const put = () => c.put(`${prefix}broken`, Buffer.from('abc'), { headers: { 'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==' } });
    await refused(put, 400, 'InvalidDigest');
    await refused(() => c.get(`${prefix}broken`), 404, 'NoSuchKey');
  });

  it('putStream sends chunks of unknown number', async (c) => {
    const bytes = content(300_000, 3);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 100_000), bytes.subarray(100_000)];
    const put = await c.putStream(`${prefix}stream.bin`, Readable.from(pieces), { meta: { by: 'stream' } });
    assert.equal(put.res.headers.etag, `"${md5(bytes)}"`);
    const { content: got, res } = await c.get(`${prefix}stream.bin`);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['x-oss-meta-by'], 'stream');
  });

  it('putStream sends a stream of known length', async (c) => {
    const bytes = content(100_000, 4);
    const file = write('known.css', bytes);
    await c.putStream(`${prefix}known`, fs.createReadStream(file), { contentLength: bytes.length, mime: 'text/css' });
    const { content: got, res } = await c.get(`${prefix}known`);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['content-type'], 'text/css');
  });

  it('get writes to a file and to a stream', async (c) => {
    const file = path.join(folder, `got-${mode}`);
    await c.get(`${prefix}stream.bin`, file);
    assert.deepEqual(fs.readFileSync(file), content(300_000, 3));
    const pieces = [];
    const sink = new Writable({ write: (piece, _, done) => { pieces.push(piece); done(); } });
    await c.get(`${prefix}stream.bin`, sink);
    assert.deepEqual(Buffer.concat(pieces), content(300_000, 3));
  });

  it('getStream reads piece by piece', async (c) => {
    const { stream, res } = await c.getStream(`${prefix}stream.bin`);
    assert.equal(res.status, 200);
    const pieces = [];
    for await (const piece of stream) pieces.push(piece);
    assert.deepEqual(Buffer.concat(pieces), content(300_000, 3));
  });

  it('get reads a range', async (c) => {
    await c.put(`${prefix}ten`, Buffer.from('abcdefghij'));
    const range = (text, more) => c.get(`${prefix}ten`, { headers: { Range: text, ...more } });
    const middle = await range('bytes=2-4');
    assert.equal(middle.res.status, 206);
    assert.equal(String(middle.content), 'cde');
    assert.equal(middle.res.headers['content-range'], 'bytes 2-4/10');
    assert.equal(String((await range('bytes=-3')).content), 'hij');
    // as the documentation of ali-oss shows for an object of ten bytes
    assert.equal(String((await range('bytes=5-15')).content), 'abcdefghij');
    assert.equal(String((await range('bytes=5-15', { 'x-oss-range-behavior': 'standard' })).content), 'fghij');
    await refused(() => range('bytes=15-25', { 'x-oss-range-behavior': 'standard' }), 416, 'InvalidRange');
  });

  it('get asks on conditions', async (c) => {
    const { res } = await c.head(`${prefix}ten`);
    const etag = res.headers.etag;
    const same = await c.get(`${prefix}ten`, { headers: { 'If-None-Match': etag } });
    assert.equal(same.res.status, 304);
    assert.equal((await c.get(`${prefix}ten`, { headers: { 'If-Match': etag } })).res.status, 200);
    await refused(() => c.get(`${prefix}ten`, { headers: { 'If-Match': '"0"' } }), 412, 'PreconditionFailed');
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    const unchanged = await c.get(`${prefix}ten`, { headers: { 'If-Modified-Since': later } });
    assert.equal(unchanged.res.status, 304);
  });

  it('get replaces headers of the answer', async (c) => {
    const { res } = await c.get(`${prefix}ten`, {
      subres: { 'response-content-type': 'text/x-other', 'response-content-disposition': 'inline; filename="x y"' },
    });
    assert.equal(res.headers['content-type'], 'text/x-other');
    assert.equal(res.headers['content-disposition'], 'inline; filename="x y"');
  });

  it('get of what is not there', (c) => refused(() => c.get(`${prefix}none`), 404, 'NoSuchKey'));

  it('head tells all but the bytes', async (c) => {
    const { meta, status, res } = await c.head(`${prefix}a.txt`);
    assert.equal(status, 200);
    assert.deepEqual(meta, { user: 'me', 'two-words': 'a b' });
    assert.equal(res.headers['content-length'], '5000');
    assert.equal(res.headers['x-oss-object-type'], 'Normal');
    assert.equal(res.headers['x-oss-storage-class'], 'Standard');
    assert.equal(res.headers['content-md5'], Buffer.from(md5(content(5000)), 'hex').toString('base64'));
    await refused(() => c.head(`${prefix}none`), 404, 'NoSuchKey');
  });

  it('getObjectMeta tells size, ETag and time', async (c) => {
    const { res } = await c.getObjectMeta(`${prefix}a.txt`);
    assert.equal(res.headers['content-length'], '5000');
    assert.equal(res.headers.etag, `"${md5(content(5000))}"`);
    assert.ok(Math.abs(Date.parse(res.headers['last-modified']) - Date.now()) < 600_000);
  });

  // --- deleting and copying ---

  it('delete takes an object away, and what is not there, too', async (c) => {
    await c.put(`${prefix}gone`, Buffer.from('x'));
    assert.equal((await c.delete(`${prefix}gone`)).res.status, 204);
    await refused(() => c.get(`${prefix}gone`), 404, 'NoSuchKey');
    assert.equal((await c.delete(`${prefix}gone`)).res.status, 204);
  });

  it('deleteMulti takes several away and names them', async (c) => {
    const names = ['d/1', 'd/<2>&"3"', 'd/四'].map((name) => prefix + name);
    for (const name of names) await c.put(name, Buffer.from('x'));
    const { deleted } = await c.deleteMulti(names);
    assert.deepEqual(deleted.map((d) => d.Key), names);
    assert.deepEqual((await c.list({ prefix: `${prefix}d/` }, {})).objects, []);
  });

  it('deleteMulti keeps quiet when it is told to', async (c) => {
    await c.put(`${prefix}d/5`, Buffer.from('x'));
    const { deleted, res } = await c.deleteMulti([`${prefix}d/5`], { quiet: true });
    assert.deepEqual(deleted, []);
    assert.equal(res.headers['content-length'], '0');
    await refused(() => c.head(`${prefix}d/5`), 404, 'NoSuchKey');
  });

  it('copy makes the same object under another key', async (c) => {
    const { data } = await c.copy(`${prefix}copy + 1`, `${prefix}a.txt`);
    assert.equal(data.etag, `"${md5(content(5000))}"`);
    assert.ok(Math.abs(Date.parse(data.lastModified) - Date.now()) < 600_000);
    const { content: got, res } = await c.get(`${prefix}copy + 1`);
    assert.deepEqual(got, content(5000));
    assert.equal(res.headers['content-type'], 'text/plain');
    assert.equal(res.headers['x-oss-meta-user'], 'me');
    await c.copy(`${prefix}copy 2`, `${prefix}copy + 1`);
    assert.deepEqual(await read(c, `${prefix}copy 2`), content(5000));
  });

  it('copy takes an object out of another bucket, with new metadata', async (c) => {
    await c.put(`${prefix}a.txt`, content(5000), { meta: { user: 'me', 'two-words': 'a b' } });
    c.useBucket('albums');
    await c.copy(`${prefix}b.txt`, `${prefix}a.txt`, bucket, { meta: { user: 'you' } });
    const { content: got, res } = await c.get(`${prefix}b.txt`);
    assert.deepEqual(got, content(5000));
    assert.equal(res.headers['x-oss-meta-user'], 'you');
    assert.equal(res.headers['x-oss-meta-two-words'], undefined);
    await c.delete(`${prefix}b.txt`);
    c.useBucket(bucket);
  });

  it('copy keeps to its conditions', async (c) => {
    const { res } = await c.head(`${prefix}a.txt`);
    const etag = res.headers.etag;
    const same = await c.copy(`${prefix}c`, `${prefix}a.txt`, { headers: { 'If-None-Match': etag } });
    assert.equal(same.res.status, 304);
    await refused(() => c.copy(`${prefix}c`, `${prefix}a.txt`, { headers: { 'If-Match': '0' } }), 412, 'PreconditionFailed');
    await refused(() => c.copy(`${prefix}c`, `${prefix}none`), 404, 'NoSuchKey');
    await refused(() => c.head(`${prefix}c`), 404, 'NoSuchKey');
  });

  it('putMeta replaces the metadata and keeps the bytes', async (c) => {
    await c.put(`${prefix}meta`, content(3000, 5), { meta: { old: '1' } });
    await c.putMeta(`${prefix}meta`, { fresh: '2' });
    const { meta } = await c.head(`${prefix}meta`);
    assert.deepEqual(meta, { fresh: '2' });
    assert.deepEqual(await read(c, `${prefix}meta`), content(3000, 5));
  });

  it('append adds to the end', async (c) => {
    const pieces = [content(1000, 6), content(2000, 7), content(10, 8)];
    const name = `${prefix}log`;
    let position = 0;
    for (const piece of pieces) {
      const done = await c.append(name, piece, { position });
      position += piece.length;
      assert.equal(done.nextAppendPosition, String(position));
    }
    const { content: got, res } = await c.get(name);
    assert.deepEqual(got, Buffer.concat(pieces));
    assert.equal(res.headers['x-oss-object-type'], 'Appendable');
    assert.equal(res.headers['x-oss-hash-crc64ecma'], crc64(Buffer.concat(pieces)));
    await refused(() => c.append(name, Buffer.from('x'), { position: 5 }), 409, 'PositionNotEqualToLength');
    await refused(() => c.append(`${prefix}a.txt`, Buffer.from('x'), { position: 5000 }), 409, 'ObjectNotAppendable');
    assert.deepEqual(await read(c, name), Buffer.concat(pieces));
  });

  // --- listing ---

  const listed = ['l/a', 'l/b/1', 'l/b/2', 'l/c d', 'l/e/1', 'l/ä'].map((name) => prefix + name);

  it('list groups by delimiter and tells of each object', async (c) => {
    for (const name of listed) await c.put(name, Buffer.from(name));
    const { objects, prefixes, isTruncated } = await c.list({ prefix: `${prefix}l/`, delimiter: '/' }, {});
    assert.deepEqual(objects.map((o) => o.name), [listed[0], listed[3], listed[5]]);
    assert.deepEqual(prefixes, [`${prefix}l/b/`, `${prefix}l/e/`]);
    assert.equal(isTruncated, false);
    const [first] = objects;
    assert.equal(first.etag, `"${md5(listed[0])}"`);
    assert.equal(first.size, listed[0].length);
    assert.equal(first.type, 'Normal');
    assert.equal(first.storageClass, 'Standard');
    assert.match(first.owner.id, /^\d+$/);
    assert.ok(Math.abs(Date.parse(first.lastModified) - Date.now()) < 600_000);
  });

  it('list goes from page to page', async (c) => {
    const seen = [];
    let marker = null;
    do {
      const page = await c.list({ prefix: `${prefix}l/`, 'max-keys': 2, ...(marker && { marker }) }, {});
      assert.ok(page.objects.length <= 2);
      seen.push(...page.objects.map((o) => o.name));
      marker = page.nextMarker;
      assert.equal(page.isTruncated, marker !== null);
    } while (marker);
    assert.deepEqual(seen, listed);
  });

  it('list percent-encodes names when it is asked to', async (c) => {
    const { objects } = await c.list({ prefix: `${prefix}l/c`, 'encoding-type': 'url' }, {});
    assert.deepEqual(objects.map((o) => o.name), [encodeURIComponent(listed[3])]);
  });

  it('list refuses what the service refuses', async (c) => {
    await refused(() => c.list({ 'max-keys': 1001 }, {}), 400, 'InvalidArgument');
    c.useBucket('nowhere');
    await refused(() => c.list({}, {}), 404, 'NoSuchBucket');
    c.useBucket(bucket);
  });

  it('listV2 goes from page to page', async (c) => {
    const seen = [];
    let token;
    do {
      const query = { prefix: `${prefix}l/`, 'max-keys': '2' };
      if (token) query['continuation-token'] = token;
      const page = await c.listV2(query);
      assert.equal(page.keyCount, page.objects.length);
      assert.equal(page.continuationToken, token ?? null);
      seen.push(...page.objects.map((o) => o.name));
      token = page.nextContinuationToken;
    } while (token);
    assert.deepEqual(seen, listed);
  });

  it('listV2 starts after a key, groups, and names owners on request', async (c) => {
    const after = await c.listV2({ prefix: `${prefix}l/`, 'start-after': listed[2] });
    assert.deepEqual(after.objects.map((o) => o.name), listed.slice(3));
    assert.equal(after.objects[0].owner, null);
    const grouped = await c.listV2({ prefix: `${prefix}l/`, delimiter: '/', 'fetch-owner': 'true' });
    assert.deepEqual(grouped.prefixes, [`${prefix}l/b/`, `${prefix}l/e/`]);
    assert.equal(grouped.keyCount, 5);
    assert.match(grouped.objects[0].owner.id, /^\d+$/);
  });

  // --- multipart ---

  it('multipartUpload uploads in parts and tells its progress', async (c) => {
    const bytes = content(1_000_000, 9);
    const progress = [];
    const done = await c.multipartUpload(`${prefix}big.mp4`, write('big.mp4', bytes), {
      partSize: 256 * 1024, parallel: 3, meta: { user: 'me' }, progress: (fraction) => { progress.push(fraction); },
    });
    assert.match(done.etag, /^"[0-9A-F]{32}-4"$/);
    assert.deepEqual(progress, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    const { content: got, res } = await c.get(`${prefix}big.mp4`);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['content-type'], 'video/mp4');
    assert.equal(res.headers['x-oss-object-type'], 'Multipart');
    assert.equal(res.headers['x-oss-meta-user'], 'me');
    assert.equal(res.headers['x-oss-hash-crc64ecma'], crc64(bytes));
  });

  it('multipartUpload is cancelled, and goes on from its checkpoint', async (c) => {
    const bytes = content(1_200_000, 10);
    let checkpoint;
    const cancelled = await c.multipartUpload(`${prefix}resumed`, bytes, {
      partSize: 200 * 1024, parallel: 1,
      progress: (fraction, cp) => {
        checkpoint = cp;
        if (cp && cp.doneParts.length === 2) c.cancel();
      },
    }).then(() => null, (error) => error);
    assert.equal(cancelled && cancelled.name, 'cancel');
    assert.equal(checkpoint.doneParts.length, 2);
    const { uploadId } = checkpoint;
    assert.deepEqual((await received(uploadId)).received, { 1: 1, 2: 1 });
    await refused(() => c.head(`${prefix}resumed`), 404, 'NoSuchKey');

    await c.multipartUpload(`${prefix}resumed`, bytes, { checkpoint, parallel: 2 });
    assert.deepEqual(await read(c, `${prefix}resumed`), bytes);
    const trace = await received(uploadId);
    assert.deepEqual(trace.received, { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1 });
    assert.equal(trace.state, 'completed');
  });

  it('parts are uploaded, listed and completed one by one', async (c) => {
    const name = `${prefix}parts & more`;
    const bytes = content(250 * 1024, 11);
    const { uploadId } = await c.initMultipartUpload(name, { meta: { user: 'me' }, mime: 'text/plain' });
    assert.match(uploadId, /^[0-9A-F]{32}$/);
    const second = await c.uploadPart(name, uploadId, 7, bytes, 120 * 1024, bytes.length);
    const first = await c.uploadPart(name, uploadId, 3, bytes, 0, 120 * 1024);
    const { parts, isTruncated } = await c.listParts(name, uploadId);
    assert.deepEqual(parts.map((p) => [p.PartNumber, p.Size, p.ETag]),
      [['3', String(120 * 1024), first.etag], ['7', String(130 * 1024), second.etag]]);
    assert.equal(parts[0].HashCrc64ecma, crc64(bytes.subarray(0, 120 * 1024)));
    assert.equal(isTruncated, 'false');
    const page = await c.listParts(name, uploadId, { 'max-parts': 1 });
    assert.equal(page.isTruncated, 'true');
    assert.equal(page.nextPartNumberMarker, '3');
    const rest = await c.listParts(name, uploadId, { 'part-number-marker': 3 });
    assert.equal(rest.parts.PartNumber, '7');
    await c.completeMultipartUpload(name, uploadId, [{ number: 3, etag: first.etag }, { number: 7, etag: second.etag }]);
    const { content: got, res } = await c.get(name);
    assert.deepEqual(got, bytes);
    assert.equal(res.headers['x-oss-meta-user'], 'me');
    assert.equal(res.headers['content-type'], 'text/plain');
  });

  it('listUploads shows what is open', async (c) => {
    const names = ['u/1', 'u/2', 'u/2'].map((name) => prefix + name);
    const ids = [];
    for (const name of names) ids.push((await c.initMultipartUpload(name)).uploadId);
    const { uploads } = await c.listUploads({ prefix: `${prefix}u/`, 'max-uploads': 10 });
    assert.deepEqual(uploads.map((u) => u.name), names);
    assert.deepEqual(new Set(uploads.map((u) => u.uploadId)), new Set(ids));
    assert.ok(Math.abs(Date.parse(uploads[0].initiated) - Date.now()) < 600_000);
    const page = await c.listUploads({ prefix: `${prefix}u/`, 'max-uploads': 2 });
    assert.equal(page.isTruncated, true);
    const rest = await c.listUploads({
      prefix: `${prefix}u/`, 'max-uploads': 2, 'key-marker': page.nextKeyMarker, 'upload-id-marker': page.nextUploadIdMarker,
    });
    assert.equal(rest.isTruncated, false);
    assert.deepEqual([...page.uploads, ...rest.uploads].map((u) => u.uploadId).sort(), [...ids].sort());
  });

  it('abortMultipartUpload leaves nothing behind', async (c) => {
    const { uploads } = await c.listUploads({ prefix: `${prefix}u/`, 'max-uploads': 10 });
    for (const { name, uploadId } of uploads)
      assert.equal((await c.abortMultipartUpload(name, uploadId)).res.status, 204);
    assert.deepEqual((await c.listUploads({ prefix: `${prefix}u/`, 'max-uploads': 10 })).uploads, []);
    await refused(() => c.listParts(uploads[0].name, uploads[0].uploadId), 404, 'NoSuchUpload');
  });

  it('multipartUploadCopy copies in parts', async (c) => {
    const { name } = await c.multipartUploadCopy(`${prefix}big-copy`, { sourceKey: `${prefix}big.mp4`, sourceBucketName: bucket },
      { partSize: 300 * 1024 });
    assert.equal(name, `${prefix}big-copy`);
    assert.deepEqual(await read(c, `${prefix}big-copy`), content(1_000_000, 9));
  });

  // --- what an object is besides its bytes ---

  it('putACL opens an object to everybody, and closes it again', async (c) => {
    const url = `${emulator.url}/${bucket}/${prefix}acl`;
    await c.put(`${prefix}acl`, Buffer.from('open?'));
    assert.equal((await c.getACL(`${prefix}acl`)).acl, 'default');
    await answers(await fetch(url), 403, 'AccessDenied');
    await c.putACL(`${prefix}acl`, 'public-read');
    assert.equal((await c.getACL(`${prefix}acl`)).acl, 'public-read');
    assert.equal(await answers(await fetch(url), 200), 'open?');
    await answers(await fetch(url, { method: 'PUT', body: 'mine' }), 403, 'AccessDenied');
    await c.putACL(`${prefix}acl`, 'private');
    await answers(await fetch(url), 403, 'AccessDenied');
    await refused(() => c.putACL(`${prefix}acl`, 'mine'), 400, 'InvalidArgument');
  });

  it('tags are put, got and deleted', async (c) => {
    await c.put(`${prefix}tags`, Buffer.from('x'), { headers: { 'x-oss-tagging': 'a=1&b%20c=%2B' } });
    assert.deepEqual((await c.getObjectTagging(`${prefix}tags`)).tag, { a: '1', 'b c': '+' });
    assert.equal((await c.head(`${prefix}tags`)).res.headers['x-oss-tagging-count'], '2');
    await c.putObjectTagging(`${prefix}tags`, { z: '26' });
    assert.deepEqual((await c.getObjectTagging(`${prefix}tags`)).tag, { z: '26' });
    await c.deleteObjectTagging(`${prefix}tags`);
    assert.deepEqual((await c.getObjectTagging(`${prefix}tags`)).tag, {});
    assert.equal((await c.head(`${prefix}tags`)).res.headers['x-oss-tagging-count'], undefined);
    await refused(() => c.getObjectTagging(`${prefix}none`), 404, 'NoSuchKey');
  });

  it('putSymlink makes a link that is read through', async (c) => {
    const link = `${prefix}link`;
    await c.putSymlink(link, `${prefix}l/c d`, { meta: { kind: 'link' } });
    assert.equal((await c.getSymlink(link)).targetName, `${prefix}l/c d`);
    const { content: got, res } = await c.get(link);
    assert.equal(String(got), `${prefix}l/c d`);
    assert.equal(res.headers['x-oss-object-type'], 'Symlink');
    assert.equal(res.headers['x-oss-meta-kind'], 'link');
    await c.putSymlink(link, `${prefix}none`);
    await refused(() => c.get(link), 404, 'SymlinkTargetNotExist');
    await refused(() => c.getSymlink(`${prefix}ten`), 400, 'NotSymlink');
  });

  // --- buckets ---

  it('buckets are made, described, and deleted when they are empty', async (c) => {
    const fresh = `fresh-${mode}`;
    await c.putBucket(fresh, { storageClass: 'IA', acl: 'public-read' });
    const { bucket: info } = await c.getBucketInfo(fresh);
    assert.equal(info.Name, fresh);
    assert.equal(info.StorageClass, 'IA');
    assert.equal(info.AccessControlList.Grant, 'public-read');
    assert.equal((await c.getBucketLocation(fresh)).location, 'oss-cn-hangzhou');
    await c.putBucketACL(fresh, 'private');
    assert.equal((await c.getBucketACL(fresh)).acl, 'private');
    c.useBucket(fresh);
    await c.put('k', content(10));
    assert.equal((await c.head('k')).res.headers['x-oss-storage-class'], 'IA');
    const { stat } = await c.getBucketStat(fresh);
    assert.deepEqual([stat.Storage, stat.ObjectCount, stat.InfrequentAccessStorage], ['10', '1', '10']);
    await refused(() => c.deleteBucket(fresh), 409, 'BucketNotEmpty');
    await c.delete('k');
    c.useBucket(bucket);
    await c.deleteBucket(fresh);
    await refused(() => c.getBucketInfo(fresh), 404, 'NoSuchBucket');
  });

  it('buckets are listed', async () => {
    // of the endpoint's IP address ali-oss would make a host name with an empty bucket
    const { buckets, owner } = await pathStyle(version).listBuckets({ 'max-keys': 10 });
    assert.deepEqual(buckets.map((b) => b.name), ['albums', bucket, 'open']);
    assert.equal(buckets[0].region, 'oss-cn-hangzhou');
    assert.match(owner.id, /^\d+$/);
  });

  // --- URLs ---

  const signed = (c, method, name, more = {}) => {
    if (version === 1) return c.signatureUrl(name, { method, expires: 60, ...more });
    const { response = {}, 'Content-Type': type, expires = 60 } = more;
    const queries = Object.fromEntries(Object.entries(response).map(([k, v]) => [`response-${k}`, v]));
    return c.signatureUrlV4(method, expires, { headers: type ? { 'Content-Type': type } : {}, queries }, name);
  };

  it('a signed URL is used by plain HTTP to put, get and head', async () => {
    const c = pathStyle(version);
    const name = `${prefix}by url 1+1`;
    const put = await fetch(await signed(c, 'PUT', name, { 'Content-Type': 'text/x-url' }),
      { method: 'PUT', headers: { 'Content-Type': 'text/x-url' }, body: 'by url' });
    assert.equal(put.status, 200);
    assert.equal(put.headers.get('etag'), `"${md5('by url')}"`);
    const got = await fetch(await signed(c, 'GET', name));
    assert.equal(got.headers.get('content-type'), 'text/x-url');
    assert.equal(await answers(got, 200), 'by url');
    const head = await fetch(await signed(c, 'HEAD', name), { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), '6');
  });

  it('a signed URL says how the answer looks', async () => {
    const got = await fetch(await signed(pathStyle(version), 'GET', `${prefix}ten`,
      { response: { 'content-type': 'text/x-signed', 'content-disposition': 'attachment; filename="t e n"' } }));
    assert.equal(got.headers.get('content-type'), 'text/x-signed');
    assert.equal(got.headers.get('content-disposition'), 'attachment; filename="t e n"');
    assert.equal(await answers(got, 200), 'abcdefghij');
  });

  it('a signed URL is good for its method, key and headers only', async () => {
    const url = await signed(pathStyle(version), 'GET', `${prefix}ten`);
    await answers(await fetch(url, { method: 'DELETE' }), 403, 'SignatureDoesNotMatch');
    await answers(await fetch(url.replace('ten', 'a.txt')), 403, 'SignatureDoesNotMatch');
    await answers(await fetch(url, { headers: { 'x-oss-range-behavior': 'standard' } }), 403, 'SignatureDoesNotMatch');
    const put = await signed(pathStyle(version), 'PUT', `${prefix}typed`);
    await answers(await fetch(put, { method: 'PUT', body: 'a text' }), 403, 'SignatureDoesNotMatch');  // fetch gives it a type
    assert.match(lastLog(`/${prefix}typed`), /SignatureDoesNotMatch: signed without the Content-Type that is sent/);
  });

  it('an expired URL is refused', async () => {
    const url = await atAnotherTime(-3_600_000, () => signed(pathStyle(version), 'GET', `${prefix}ten`));
    assert.match(await answers(await fetch(url), 403, 'AccessDenied'), /<Message>Request has expired\.<\/Message>/);
    assert.match(lastLog(`/${prefix}ten`), / 403 .*AccessDenied: the URL expired .* ago/);
  });

  // --- forms ---

  const form = (c, conditions, more = {}) => {
    const date = new Date();
    const policy = { expiration: new Date(date.getTime() + 60_000).toISOString(), conditions: [{ bucket }, ...conditions] };
    const fields = new FormData();
    if (version === 1) {
      for (const [name, value] of Object.entries(c.calculatePostSignature(policy))) fields.append(name, value);
    } else {
      const stamp = date.toISOString().replace(/[-:]|\.\d+/g, '');
      const credential = `${c.options.accessKeyId}/${stamp.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`;
      policy.conditions.push({ 'x-oss-credential': credential }, { 'x-oss-date': stamp },
        { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' });
      fields.append('policy', Buffer.from(JSON.stringify(policy)).toString('base64'));
      fields.append('x-oss-signature-version', 'OSS4-HMAC-SHA256');
      fields.append('x-oss-credential', credential);
      fields.append('x-oss-date', stamp);
      fields.append('x-oss-signature', c.signPostObjectPolicyV4(policy, date));
    }
    for (const [name, value] of Object.entries(more)) fields.append(name, value);
    fields.append('file', new Blob([content(5000, 12)], { type: 'image/png' }), 'photo 1.png');
    return fields;
  };
  const post = (fields) => fetch(`${emulator.url}/${bucket}/`, { method: 'POST', body: fields });

  it('a form that ali-oss signed uploads a file', async (c) => {
    const conditions = [['starts-with', '$key', `${prefix}form/`], ['content-length-range', 1, 5000]];
    const answer = await post(form(c, conditions,
      { key: `${prefix}form/\${filename}`, 'x-oss-meta-by': 'form', success_action_status: '201' }));
    const text = await answers(answer, 201);
    assert.match(text, new RegExp(`<Key>${prefix}form/photo 1.png</Key>`));
    assert.equal(answer.headers.get('etag'), `"${md5(content(5000, 12))}"`);
    const { content: got, res } = await c.get(`${prefix}form/photo 1.png`);
    assert.deepEqual(got, content(5000, 12));
    assert.equal(res.headers['content-type'], 'image/png');
    assert.equal(res.headers['x-oss-meta-by'], 'form');
  });

  it('a form with another policy than the signed one is refused', async (c) => {
    const fields = form(c, [['starts-with', '$key', `${prefix}form/`]], { key: `${prefix}form/other` });
    const mine = JSON.parse(Buffer.from(fields.get('policy'), 'base64'));
    mine.conditions = mine.conditions.filter((condition) => !Array.isArray(condition));
    fields.set('policy', Buffer.from(JSON.stringify(mine)).toString('base64'));
    await answers(await post(fields), 403, 'SignatureDoesNotMatch');
    assert.match(lastLog(' PostObject '), /SignatureDoesNotMatch: .*policy/);
    await refused(() => c.head(`${prefix}form/other`), 404, 'NoSuchKey');
  });

  it('a form that breaks its policy is refused', async (c) => {
    const narrow = [['starts-with', '$key', `${prefix}form/`], ['content-length-range', 1, 4999]];
    const large = form(c, narrow, { key: `${prefix}form/large` });
    await answers(await post(large), 400, 'EntityTooLarge');
    const elsewhere = await answers(await post(form(c, narrow, { key: `${prefix}elsewhere` })), 403, 'AccessDenied');
    assert.match(elsewhere, /Invalid according to Policy: Policy Condition failed/);
    assert.match(lastLog(' PostObject '), /AccessDenied: .*Policy Condition failed: .*"\$key".*elsewhere/);
  });

  // --- callbacks ---

  it('put calls an application server back, with custom values', async (c) => {
    const bytes = content(3000, 13);
    const put = await c.put(`${prefix}called 1.bin`, bytes, { callback: callbackTo('/put?from=ali-oss') });
    const call = application.received.at(-1);
    assert.deepEqual(put.data, { Status: 'OK', number: application.received.length });
    assert.equal(put.res.headers.etag, `"${md5(bytes)}"`);
    assert.ok(call.signed, 'the callback is not signed by the service');
    assert.equal(call.url, '/put?from=ali-oss');
    assert.equal(call.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(call.headers['x-oss-bucket'], bucket);
    assert.equal(call.headers['x-oss-request-id'], put.res.headers['x-oss-request-id']);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(call.body)), {
      bucket, object: `${prefix}called 1.bin`, size: '3000', user: 'me & you', place: 'Hangzhou 杭州',
    });
    assert.deepEqual(await read(c, `${prefix}called 1.bin`), bytes);
  });

  it('multipartUpload calls back once, when it is complete', async (c) => {
    const bytes = content(500_000, 14);
    const before = application.received.length;
    const done = await c.multipartUpload(`${prefix}called 2.bin`, bytes, {
      partSize: 200 * 1024,
      callback: callbackTo('/complete', {
        contentType: 'application/json', body: '{"object":${object},"size":${size},"user":${x:user},"place":${x:place}}',
      }),
    });
    assert.equal(application.received.length, before + 1);
    const call = application.received.at(-1);
    assert.deepEqual(done.data, { Status: 'OK', number: before + 1 });
    assert.ok(call.signed, 'the callback is not signed by the service');
    assert.equal(call.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(call.body),
      { object: `${prefix}called 2.bin`, size: 500_000, user: 'me & you', place: 'Hangzhou 杭州' });
    assert.deepEqual(await read(c, `${prefix}called 2.bin`), bytes);
  });

  it('a callback that fails leaves the object stored', async (c) => {
    const bytes = content(100, 15);
    const error = await refused(() => c.put(`${prefix}called 3.bin`, bytes, { callback: callbackTo('/broken') }),
      203, 'CallbackFailed');
    assert.match(error.message, /500/);
    assert.deepEqual(await read(c, `${prefix}called 3.bin`), bytes);
  });

  // --- refusals ---

  it('a wrong secret is refused, and not told', async () => {
    const wrong = other({ accessKeySecret: 'not-the-secret' });
    const error = await refused(() => wrong.get(`${prefix}ten`), 403, 'SignatureDoesNotMatch');
    assert.equal(error.ecCode, version === 1 ? '0002-00000040' : '0002-00000201');
    await refused(() => wrong.put(`${prefix}ten`, Buffer.from('mine')), 403, 'SignatureDoesNotMatch');
    assert.match(lastLog(`/${prefix}ten PutObject`), / 403 .*SignatureDoesNotMatch: /);
    assert.ok(!emulator.log.some((line) => line.includes('-secret')), 'a secret is in the log');
  });

  it('an unknown access key is refused', async () => {
    await refused(() => other({ accessKeyId: 'nobody' }).get(`${prefix}ten`), 403, 'InvalidAccessKeyId');
    assert.match(lastLog(`/${prefix}ten`), /InvalidAccessKeyId: .*"nobody"/);
  });

  it('a clock that is wrong is refused', async () => {
    const late = other({});
    late.options.amendTimeSkewed = -20 * 60_000;
    await refused(() => late.get(`${prefix}ten`), 403, 'RequestTimeTooSkewed');
    assert.match(lastLog(`/${prefix}ten`), /RequestTimeTooSkewed: the client's clock is 20 min.* behind/);
  });

  it('a read-only key reads and writes nothing', async (c) => {
    const only = other(reader);
    assert.equal(String(await read(only, `${prefix}ten`)), 'abcdefghij');
    assert.ok((await only.list({ prefix }, {})).objects.length > 0);
    await refused(() => only.put(`${prefix}ten`, Buffer.from('mine')), 403, 'AccessDenied');
    await refused(() => only.delete(`${prefix}ten`), 403, 'AccessDenied');
    assert.equal(String(await read(c, `${prefix}ten`)), 'abcdefghij');
  });

  it('a temporary key works with its token only', async () => {
    const guest = other(temporary);
    await guest.put(`${prefix}guest`, Buffer.from('guest'));
    assert.equal(String(await read(guest, `${prefix}guest`)), 'guest');
    const url = await signed(pathStyle(version, temporary), 'GET', `${prefix}guest`);
    assert.equal(await answers(await fetch(url), 200), 'guest');
    await refused(() => other({ ...temporary, stsToken: undefined }).get(`${prefix}guest`), 403, 'InvalidAccessKeyId');
    await refused(() => other({ ...temporary, stsToken: 'guessed' }).get(`${prefix}guest`), 403, 'InvalidSecurityToken');
    await refused(() => other(stale).get(`${prefix}guest`), 403, 'SecurityTokenExpired');
    assert.ok(!emulator.log.some((line) => line.includes(temporary.stsToken)), 'a token is in the log');
  });

  it('a missing upload is refused', async (c) => {
    const id = '0123456789ABCDEF0123456789ABCDEF';
    await refused(() => c.uploadPart(`${prefix}u`, id, 1, content(10), 0, 10), 404, 'NoSuchUpload');
    await refused(() => c.listParts(`${prefix}u`, id), 404, 'NoSuchUpload');
    await refused(() => c.completeMultipartUpload(`${prefix}u`, id, [{ number: 1, etag: '"0"' }]), 404, 'NoSuchUpload');
    await refused(() => c.abortMultipartUpload(`${prefix}u`, id), 404, 'NoSuchUpload');
  });

  it('parts in the wrong order, too small, or not those that were sent are refused', async (c) => {
    const name = `${prefix}refused`;
    const bytes = content(300 * 1024, 16);
    const { uploadId } = await c.initMultipartUpload(name);
    const ends = [0, 110 * 1024, 120 * 1024, 300 * 1024];  // the second part is too small
    const etags = [];
    for (let i = 0; i !== 3; ++i)
      etags.push((await c.uploadPart(name, uploadId, i + 1, bytes, ends[i], ends[i + 1])).etag);
    // completeMultipartUpload of ali-oss sorts the parts: this is its request with the parts as they are
    const complete = (parts) => {
      const params = c._objectRequestParams('POST', name, { subres: { uploadId } });
      params.mime = 'xml';
      params.content = `<CompleteMultipartUpload>${parts.map(([number, etag]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`;
      params.successStatuses = [200];
      return c.request(params);
    };
    await refused(() => complete([[3, etags[2]], [1, etags[0]]]), 400, 'InvalidPartOrder');
    await refused(() => complete([[1, etags[0]], [1, etags[0]]]), 400, 'InvalidPartOrder');
    await refused(() => complete([[1, etags[0]], [2, etags[1]], [3, etags[2]]]), 400, 'EntityTooSmall');
    await refused(() => complete([[1, etags[1]], [3, etags[2]]]), 400, 'InvalidPart');
    await refused(() => complete([[1, etags[0]], [9, etags[2]]]), 400, 'InvalidPart');
    await refused(() => c.uploadPart(name, uploadId, 10_001, bytes, 0, 10), 400, 'InvalidArgument');
    await refused(() => c.head(name), 404, 'NoSuchKey');
    await complete([[1, etags[0]], [3, etags[2]]]);
    assert.deepEqual(await read(c, name), Buffer.concat([bytes.subarray(0, ends[1]), bytes.subarray(ends[2])]));
  });

  it('versions are not implemented, and say so', async (c) => {
    await refused(() => c.get(`${prefix}ten`, { versionId: 'CAEQ' }), 400, 'NotImplemented');
    await refused(() => c.getBucketVersioning(bucket), 400, 'NotImplemented');
  });
}

/** What belongs to one version only, or to none. */
function others() {
  test('V1: a signed URL performs the callback in its query', async () => {
    const url = pathStyle(1).signatureUrl('v1-path/by-url', { method: 'PUT', callback: callbackTo('/url') });
    const answer = await fetch(url, { method: 'PUT', body: Buffer.from('called') });
    assert.deepEqual(JSON.parse(await answers(answer, 200)), { Status: 'OK', number: application.received.length });
    assert.match(application.received.at(-1).body, /^bucket=interop&object=v1-path%2Fby-url&size=6&user=me%20%26%20you&/);
  });

  test('V4: a region that is not the bucket\'s is refused', async () => {
    const error = await refused(() => pathStyle(4, { region: 'oss-cn-beijing' }).get('v4-path/ten'), 400, 'InvalidArgument');
    assert.match(error.message, /Invalid signing region/);
    const url = await pathStyle(4, { region: 'oss-cn-beijing' }).signatureUrlV4('GET', 60, {}, 'v4-path/ten');
    assert.match(await answers(await fetch(url), 400, 'InvalidArgument'), /Invalid signing region/);
    assert.match(lastLog('/v4-path/ten'), /InvalidArgument: .*cn-beijing.*cn-hangzhou/);
  });

  test('V4: headers that are signed on request are checked', async () => {
    const url = await pathStyle(4).signatureUrlV4('GET', 60, { headers: { 'x-note': 'signed' } }, 'v4-path/ten', ['x-note']);
    assert.equal(await answers(await fetch(url, { headers: { 'x-note': 'signed' } }), 200), 'abcdefghij');
    await answers(await fetch(url, { headers: { 'x-note': 'changed' } }), 403, 'SignatureDoesNotMatch');
    await answers(await fetch(url), 403, 'SignatureDoesNotMatch');
  });

  test('a bucket that is public-read-write is open to everybody', async () => {
    const url = `${emulator.url}/open/anonymous`;
    await answers(await fetch(url, { method: 'PUT', body: 'anonymous' }), 200);
    assert.equal(await answers(await fetch(url), 200), 'anonymous');
    assert.match(await answers(await fetch(`${emulator.url}/open/`), 200), /<Key>anonymous<\/Key>/);
    await answers(await fetch(`${emulator.url}/open/?acl`), 403, 'AccessDenied');
    await answers(await fetch(`${emulator.url}/`), 403, 'AccessDenied');
  });
}

async function main() {
  const [program, store] = process.argv.slice(2);
  const options = store === 'directory' ? ['--data-dir', path.join(folder, 'data')] : ['--memory'];
  emulator = await startEmulator(program, ['--keys', write('keys', keyFile), '--bucket', bucket, '--bucket', 'albums',
    '--bucket', 'open=public-read-write', ...options]);
  application = await startApplicationServer();
  try {
    for (const version of [1, 4]) {
      suite(version, 'path', pathStyle);
      suite(version, 'host', hostStyle);
    }
    others();
    process.exitCode = (await run()) ? 1 : 0;
  } finally {
    application.stop();
    await emulator.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.log(`Bail out! ${error.stack}`);
  process.exit(1);
});
