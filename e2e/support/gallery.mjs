// Starts the gallery: every page with example data, among them states that are hard to reach (`crates/tieline-web/examples`).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.GALLERY_BIN ?? path.join(ROOT, 'target/debug/examples/gallery');

/** A running gallery: its address and the names of its pages. */
export async function startGallery() {
  const child = spawn(BINARY, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      printed += chunk;
      const address = /http:\S+(?=\/\n)/.exec(printed);
      if (address) resolve(address[0]);
    });
    child.once('error', (error) => reject(new Error(`${BINARY} does not start: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`the gallery ended with ${code}`)));
  });
  const index = await (await fetch(`${url}/`)).text();
  const names = [...index.matchAll(/href="\/([^"]+)"/g)].map((match) => match[1]);
  return {
    url,
    names,
    stop: () => new Promise((resolve) => { child.once('exit', resolve); child.kill(); }),
  };
}
