// ali-oss under the same load as its rivals; its uploads take no CRC-64.
//
//   ali_oss_client.cjs puts port=N [requests=40000] [in_flight=64] [bytes=4096]
//   ali_oss_client.cjs put port=N file=F
//   ali_oss_client.cjs multipart port=N file=F [part_mib=8] [parallel=4]
'use strict';
const fs = require('fs');
const OSS = require('ali-oss');

const what = process.argv[2];
const given = Object.fromEntries(process.argv.slice(3).map((a) => [a.slice(0, a.indexOf('=')), a.slice(a.indexOf('=') + 1)]));
const number = (name, fallback) => (name in given ? Number(given[name]) : fallback);

function report(began, cpu, requests, bytes) {
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify({
    wall: Number(process.hrtime.bigint() - began) / 1e9, cpu: (used.user + used.system) / 1e6, requests, bytes,
  }).replace(/:/g, ': '));
}

async function main() {
  if (what === 'version') {
    console.log(`ali-oss ${OSS.version || require('ali-oss/package.json').version}, Node ${process.version.slice(1)}`);
    return;
  }
  const client = new OSS({
    endpoint: `http://127.0.0.1:${given.port}`, region: 'oss-cn-hangzhou', bucket: 'bkt', authorizationV4: true,
    accessKeyId: 'ak', accessKeySecret: 'the secret of a benchmark', timeout: 60000,
  });
  if (what === 'puts') {
    const requests = number('requests', 40000);
    const inFlight = number('in_flight', 64);
    const content = Buffer.alloc(number('bytes', 4096));
    const run = (count) => {
      let left = count;
      return Promise.all(Array.from({ length: inFlight }, async () => {
        while (left-- > 0) await client.put('obj', content);
      }));
    };
    await run(inFlight); // opens the connections
    const began = process.hrtime.bigint();
    const cpu = process.cpuUsage();
    await run(requests);
    report(began, cpu, requests, requests * content.length);
  } else if (what === 'put' || what === 'multipart') {
    const began = process.hrtime.bigint();
    const cpu = process.cpuUsage();
    if (what === 'put') {
      await client.put('obj', given.file);
    } else {
      await client.multipartUpload('obj', given.file, {
        partSize: number('part_mib', 8) * 1024 * 1024, parallel: number('parallel', 4),
      });
    }
    report(began, cpu, 1, fs.statSync(given.file).size);
  } else {
    console.error(`cannot do "${what}"`);
    process.exitCode = 2;
  }
}

main().catch((why) => {
  console.error(String(why));
  process.exitCode = 1;
});
