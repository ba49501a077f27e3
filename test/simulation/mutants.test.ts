/** Each planted bug still finds the lines that it changes: known at once, and not only when all of them are hunted (`sabotage.test.ts`). */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { ROOT } from "../support/service.ts"
import { ALL } from "./mutants/all.ts"
import { changed } from "./mutants/load.ts"

it.each(ALL)("$name", ({ changes }) => {
  for (const file of new Set(changes.map((change) => change.file))) {
    const source = readFileSync(join(ROOT, file), "utf8")
    expect(changed(source, file, changes), file).not.toBe(source)
  }
})
