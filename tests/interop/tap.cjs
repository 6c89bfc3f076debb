// Tests one after the other, told in the Test Anything Protocol.
'use strict';

const tests = [];

/** Adds a test; `body` may be asynchronous and fails by throwing. */
exports.test = (name, body) => tests.push({ name, body });

/** Runs all tests in order. Returns how many failed. */
exports.run = async () => {
  let failed = 0;
  for (const [index, { name, body }] of tests.entries()) {
    let line = `ok ${index + 1} - ${name}`;
    try {
      await body();
    } catch (error) {
      failed += 1;
      line = `not ${line}\n${String((error && error.stack) || error).replace(/^/gm, '# ')}`;
    }
    console.log(line);
  }
  console.log(`1..${tests.length}`);
  return failed;
};
