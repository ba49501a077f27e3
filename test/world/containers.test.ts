/**
 * Containers that share a volume: namespaces of their own, in which neither sockets nor process ids of the others can be
 * seen, and the embedded PostgreSQL's folder in all of them.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Boxes from "../support/boxes.ts"
import { absent, leaveOut, noRoot } from "../support/missing.ts"
import { freshFolder } from "../support/own-postgres.ts"
import { ROOT } from "../support/service.ts"

const OWNER = `${process.execPath} ${join(ROOT, "test/support/embedded-owner.ts")}`

let folder: ReturnType<typeof freshFolder>
let home: string
const boxes: Array<Boxes.Box> = []

beforeEach(() => {
  folder = freshFolder()
  home = join(folder.path, "home")
})

afterEach(async () => {
  for (const each of boxes.splice(0)) await each.kill()
  folder.remove()
})

const open = (script: string): Boxes.Box => {
  const box = Boxes.open(script)
  boxes.push(box)
  return box
}

/** A container of that name in which a Jaego starts its database. */
const container = (name: string) => open(`hostname ${name}; exec ${OWNER} ${home}`)

describe.skipIf(leaveOut("containers", [...noRoot(), ...absent("unshare")]))("two containers on one volume", () => {
  it("have one Jaego: the second is refused and learns by whom", async () => {
    const first = container("first")
    expect(await first.line).toContain('"url"')
    expect(await container("second").said).toMatch(/^another jaego is already running on .* \(process 1 on first\)/)
  })

  it("may follow one another under new names, however the first ended", async () => {
    for (const name of ["killed", "killed-again", "ended"]) {
      const box = container(name)
      expect(await box.line, name).toContain('"url"')
      if (name !== "ended") await box.kill()
      box.endInput()
      await box.said
    }
    expect(await container("last").line).toContain('"url"')
  })

  it("have one PostgreSQL: one that outlives its Jaego keeps others from starting, until it has ended", async () => {
    // The container lives on when its Jaego is killed.
    const first = open(`hostname first; sleep 1000 | ${OWNER} ${home} & read -r _; kill -9 $!; sleep 1000`)
    expect(await first.line).toContain('"url"')
    const postmaster = postmasterOf(home)
    process.kill(postmaster, "SIGSTOP")
    first.endInput()
    expect(await container("second").said).toMatch(
      /^a Postgres of another container still runs on .*: stop that container/,
    )
    process.kill(postmaster, "SIGCONT")
    expect(await container("third").line).toContain('"url"')
  })
})

/** Its process id out here. */
const postmasterOf = (home: string): number => {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`jaego.data=${home}/data`)
    } catch {
      return false
    }
  })
  return Number(found)
}
