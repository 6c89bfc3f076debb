// What the tests play with: an emulator, an application server, contents and digests.
'use strict';

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

exports.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ossify-interop-'));

/** A file with these bytes; returns its path. */
exports.write = (name, bytes) => {
  const file = path.join(exports.folder, name);
  fs.writeFileSync(file, bytes);
  return file;
};

/** Bytes that look random and are the same in every run. */
exports.content = (size, seed = 1) => {
  const cipher = crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
};

exports.md5 = (bytes) => crypto.createHash('md5').update(bytes).digest('hex').toUpperCase();

const crcTable = Array.from({ length: 256 }, (_, i) => {
  let crc = BigInt(i);
  for (let bit = 0; bit !== 8; ++bit) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  return crc;
});

/** CRC-64/XZ as decimal text, as in x-oss-hash-crc64ecma. */
exports.crc64 = (bytes) => {
  let crc = 0xffffffffffffffffn;
  for (const byte of bytes) crc = crcTable[Number((crc ^ BigInt(byte)) & 0xffn)] ^ (crc >> 8n);
  return (crc ^ 0xffffffffffffffffn).toString();
};

/** Starts oss-emulator and waits until it listens. */
exports.startEmulator = async (program, options) => {
  const env = { ...process.env };
  delete env.OSS_ACCESS_KEY_ID;
  delete env.OSS_ACCESS_KEY_SECRET;
  delete env.OSS_SESSION_TOKEN;
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const emulator = { log: [], stop: () => new Promise((done) => { child.on('exit', done); child.kill('SIGTERM'); }) };
  readline.createInterface({ input: child.stderr }).on('line', (line) => emulator.log.push(line));
  emulator.port = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`oss-emulator ended with ${code}: ${emulator.log.join('\n')}`)));
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^listening on http:\/\/.*:(\d+)$/.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  child.removeAllListeners('exit');
  emulator.url = `http://127.0.0.1:${emulator.port}`;
  return emulator;
};

/** True when the service signed this callback: RSA with MD5 over the target, a line feed and the body. */
const isSigned = async (request, body) => {
  const keyUrl = Buffer.from(request.headers['x-oss-pub-key-url'], 'base64').toString();
  const key = await (await fetch(keyUrl)).text();
  const at = request.url.indexOf('?');
  const signedPath = decodeURIComponent(at < 0 ? request.url : request.url.slice(0, at));
  const text = `${signedPath}${at < 0 ? '' : request.url.slice(at)}\n${body}`;
  const signature = Buffer.from(request.headers.authorization, 'base64');
  return crypto.createVerify('RSA-MD5').update(text).verify(key, signature);
};

/** An application server. It keeps what it received; under /broken it answers 500. */
exports.startApplicationServer = async () => {
  const server = { received: [] };
  const listener = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', async () => {
      const body = Buffer.concat(pieces).toString();
      const signed = await isSigned(request, body);
      server.received.push({ url: request.url, headers: request.headers, body, signed });
      response.statusCode = request.url.startsWith('/broken') ? 500 : 200;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ Status: 'OK', number: server.received.length }));
    });
  });
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  server.url = `http://127.0.0.1:${listener.address().port}`;
  server.stop = () => { listener.closeAllConnections(); listener.close(); };
  return server;
};
