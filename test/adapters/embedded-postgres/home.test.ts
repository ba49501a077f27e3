/** The home folder belongs to one user: what others have planted is refused, and they cannot hold its locks. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Account from "../../../src/adapters/embedded-postgres/account.ts"
import * as Binaries from "../../../src/adapters/embedded-postgres/binaries.ts"
import * as FileLock from "../../../src/adapters/embedded-postgres/file-lock.ts"
import * as Home from "../../../src/adapters/embedded-postgres/home.ts"
import * as HomeLock from "../../../src/adapters/embedded-postgres/home-lock.ts"

/** Any user but us. */
const STRANGER = 54_321

let folder: string
let home: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jaego-home-"))
  home = join(folder, "home")
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const refusal = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error("it was taken")
}

const asRoot = it.runIf(process.getuid?.() === 0 && process.platform === "linux")

describe("a home folder", () => {
  it("is made so that no other user can write to it, and may lie behind a link of ours", () => {
    const link = join(folder, "link")
    symlinkSync(home, link)
    mkdirSync(home)
    expect(Home.make(link)).toBe(Home.make(home))
    expect(statSync(Home.make(join(folder, "new"))).mode & 0o022).toBe(0)
  })

  it.each([0o777, 0o757, 0o775])("that others can write to is refused (mode %o)", (mode) => {
    mkdirSync(home)
    chmodSync(home, mode)
    expect(refusal(() => Home.make(home))).toMatch(/^JAEGO_HOME .* can be written to by other users: chmod go-w /)
  })

  asRoot("of another user is refused, as is a link of that user", () => {
    mkdirSync(home)
    chownSync(home, STRANGER, STRANGER)
    expect(refusal(() => Home.make(home))).toMatch(/^JAEGO_HOME .* belongs to another user/)
    const [ours, link] = [join(folder, "ours"), join(folder, "link")]
    mkdirSync(ours)
    symlinkSync(ours, link)
    lchownSync(link, STRANGER, STRANGER)
    expect(refusal(() => Home.open(link))).toMatch(/^JAEGO_HOME .* belongs to another user/)
  })
})

describe("the lock of a home", () => {
  it("is not taken through a planted link, whose target stays as it is", () => {
    mkdirSync(home)
    const target = join(folder, "target")
    writeFileSync(target, "precious")
    symlinkSync(target, join(home, "lock"))
    expect(refusal(() => FileLock.tryTake(join(home, "lock")))).toMatch(/^the lock cannot be opened: ELOOP/)
    expect(readFileSync(target, "utf8")).toBe("precious")
  })

  it("is free again as soon as it is let go, and names its holder meanwhile", async () => {
    Home.make(home)
    const twice = Effect.gen(function* () {
      yield* HomeLock.acquire(home)
      return yield* Effect.flip(HomeLock.acquire(home))
    })
    const { message } = await Effect.runPromise(Effect.scoped(twice))
    expect(message).toContain(`(process ${process.pid} on `)
    await Effect.runPromise(Effect.scoped(HomeLock.acquire(home)))
  })

  asRoot("cannot be held by another user", async () => {
    chmodSync(folder, 0o755)
    Home.make(home)
    await Effect.runPromise(Effect.scoped(HomeLock.acquire(home)))
    const squat = spawnSync("flock", ["-n", "-x", join(home, "lock"), "true"], { uid: STRANGER, gid: STRANGER })
    expect(squat.status).not.toBe(0)
    expect(String(squat.stderr)).toMatch(/Permission denied/)
  })
})

describe("the programs", () => {
  const CACHED = "/var/cache/jaego/postgres-0.0.0-test"
  afterEach(() => rmSync(CACHED, { recursive: true, force: true }))

  asRoot("that lie below a closed folder are copied, once, to where only root can write", () => {
    const installation = join(folder, "native")
    mkdirSync(join(installation, "bin"), { recursive: true })
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version: "0.0.0-test" }))
    writeFileSync(join(installation, "bin/postgres"), "a program", { mode: 0o755 })
    const found = { postgres: join(installation, "bin/postgres"), initdb: "", pg_ctl: "" }
    const account = Account.find()
    const { postgres } = Binaries.withinReach(found, account)
    expect(postgres).toBe(`${CACHED}/bin/postgres`)
    expect([statSync(postgres).uid, statSync(postgres).mode & 0o777]).toEqual([0, 0o755])
    rmSync(found.postgres)
    writeFileSync(found.postgres, "another")
    expect(Binaries.withinReach(found, account).postgres).toBe(postgres)
    expect(readFileSync(postgres, "utf8")).toBe("a program")
  })

  it("are used where they are when they can be reached", () => {
    chmodSync(folder, 0o755)
    const found = { postgres: join(folder, "bin/postgres"), initdb: "", pg_ctl: "" }
    mkdirSync(join(folder, "bin"))
    expect(Binaries.withinReach(found, Account.find())).toBe(found)
    expect(existsSync(CACHED)).toBe(false)
  })
})
