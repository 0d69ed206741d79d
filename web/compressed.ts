import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

import type { Plugin } from "vite";

/** What shrinks; fonts and pictures are compressed already. */
const TEXT = new Set([".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".wasm", ".webmanifest"]);

/** Below this, headers weigh more than what is saved. */
const MIN_BYTES = 1024;

const FORMS = [
  {
    suffix: ".br",
    compress: (content: Buffer) =>
      promisify(brotliCompress)(content, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        },
      }),
  },
  { suffix: ".gz", compress: (content: Buffer) => promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }) },
];

/** Leaves a compressed form beside each file of the build, which the server picks from. */
export function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle: {
      // Once every file is written, those of `public` too.
      order: "post",
      sequential: true,
      async handler({ dir }) {
        if (dir === undefined) return;
        const names = await readdir(dir, { recursive: true });
        await Promise.all(names.filter((name) => TEXT.has(extname(name))).map((name) => compress(join(dir, name))));
      },
    },
  };
}

async function compress(path: string): Promise<void> {
  if ((await stat(path)).size < MIN_BYTES) return;
  const content = await readFile(path);
  for (const { suffix, compress } of FORMS) {
    const made = await compress(content);
    if (made.length < content.length) await writeFile(path + suffix, made);
  }
}
