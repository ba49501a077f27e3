/** Machines that lack something when the embedded PostgreSQL is set up: it says what, or does without. */
import { spawnSync } from "node:child_process"
import { chownSync, globSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Boxes from "../support/boxes.ts"
import { absent, leaveOut, noRoot } from "../support/missing.ts"
import { freshFolder, mountSmallDisk } from "../support/own-postgres.ts"
import { ROOT } from "../support/service.ts"

const SCRIPT = join(ROOT, "test/support/embedded-owner.ts")
const OWNER = `${process.execPath} ${SCRIPT}`
const NAMELESS = 54_321

let folder: ReturnType<typeof freshFolder>
let home: string

beforeEach(() => {
  folder = freshFolder()
  home = join(folder.path, "home")
})

afterEach(() => folder.remove())

describe.skipIf(leaveOut("small machines", [...noRoot(), ...absent("unshare")]))("the embedded Postgres says", () => {
  it("that the disk is full", async () => {
    const disk = mountSmallDisk(30)
    if ("refused" in disk) throw new Error(disk.refused)
    try {
      const said = await Boxes.open(`${OWNER} ${disk.path}/home`, ["--mount"]).said
      expect(said).toMatch(/^the embedded Postgres could not be set up under .*: .*No space left on device$/m)
    } finally {
      disk.remove()
    }
  })

  it("that there is too little shared memory", async () => {
    const said = await Boxes.open(`mount -t tmpfs -o size=64k tmpfs /dev/shm; ${OWNER} ${home}`, ["--mount"]).said
    expect(said).toMatch(/^the embedded Postgres could not be set up under .*shared memory.*$/m)
  })

  it("that too few files may be open", async () => {
    const said = await Boxes.open(`ulimit -n 64; ${OWNER} ${home}`, ["--mount"]).said
    expect(said).toMatch(/^the embedded Postgres could not be set up under .*file descriptors.*$/m)
  })
})

const withoutName = leaveOut("users without a name", [
  ...noRoot(),
  ...(globSync("/usr/{lib,lib/*}/libnss_wrapper.so").length > 0 ? [] : ["libnss_wrapper.so (Debian: libnss-wrapper)"]),
])

describe.skipIf(withoutName)("a user without a name", () => {
  it("can set the embedded Postgres up, and start it again", () => {
    chownSync(folder.path, NAMELESS, NAMELESS)
    for (const start of ["first", "second"]) {
      const identity = { uid: NAMELESS, gid: 0 }
      const { stderr, stdout } = spawnSync(process.execPath, [SCRIPT, home], {
        ...identity,
        input: "",
        encoding: "utf8",
      })
      expect(stdout, `${start} start, ${stderr}`).toContain('"url"')
    }
  })
})
