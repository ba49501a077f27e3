/** Files that a test makes, and that go with it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"

/** A folder of the test file's own; what it is given is written into it under that name. */
export const temporaryFiles = () => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-files-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
}
