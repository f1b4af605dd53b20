// A Node that is new enough for programs that do not start on the oldest one that these tests run on.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules');
const SHIPPED = path.join(MODULES, `node-${process.platform}-${process.arch}/bin/node`);

/** Node 22.19 or later: this one, or the one that the lock file brings for Linux. */
export const NEW_NODE = isNewEnough(process.versions.node) || !existsSync(SHIPPED) ? process.execPath : SHIPPED;

/** A file of an installed package. */
export const fileOf = (name) => path.join(MODULES, name);

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}
