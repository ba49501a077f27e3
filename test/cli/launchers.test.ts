/** The ways to start it: each hands signals on to the service, and each says in one line that it has no Node to run it. */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { killAll, npmStart, npxServe, ROOT } from "../support/service.ts"

afterAll(killAll)

const MEMORY = { STORE: "memory" }

describe("a launcher", () => {
  it("npx hands SIGTERM on, though the shell between them dies of it", async () => {
    const service = await npxServe(MEMORY)
    service.process.signalAlone("SIGTERM")
    // Its output ends only when the service, which has inherited it, has ended too.
    await service.process.ended
    await expect(fetch(`${service.url}/livez`)).rejects.toThrow("fetch failed")
  })

  it("npm start hands SIGTERM on and waits for the drain", async () => {
    const service = await npmStart(MEMORY)
    service.process.signalAlone("SIGTERM")
    expect(await service.process.ended).toEqual({ code: 0, signal: null })
  })
})

/** The machine's own Node, which runs npm: the first on PATH that did not come with `npm ci`. */
const outerPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter)
const outer = spawnSync("node", ["--version"], { env: { PATH: outerPath }, encoding: "utf8" }).stdout?.trim()
const isOld = /^v(1\d|2[0-5])\./.test(outer ?? "")
if (!isOld)
  console.warn(`NOT TESTED: npm start without the pinned Node, because the machine's own is ${outer ?? "none"}`)

describe.skipIf(!isOld)("without the Node that npm ci brings", () => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-launchers-"))
  for (const name of ["bin", "src", "package.json"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ["npm", ["start", "--silent"]],
    ["node", ["bin/jaego.js", "serve"]],
  ])("%s says in one line what is missing", (command, words) => {
    const { stderr, stdout, status } = spawnSync(command, words, {
      cwd: folder,
      env: { PATH: outerPath, HOME: folder },
      encoding: "utf8",
    })
    expect(stdout + stderr).toBe(`jaego: needs Node 26, and this is ${outer}; run "npm ci" in the clone to get it\n`)
    expect(status).toBe(1)
  })
})
