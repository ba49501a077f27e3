import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "../support/postgres.ts"
import { FakeService } from "./fake-service.ts"

const door = fileURLToPath(new URL("../../bin/jaego.js", import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const jaego = (...words: ReadonlyArray<string>) =>
  new Promise<Ended>((resolve) => {
    const child = execFile(process.execPath, [door, ...words], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

describe("the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-cli-"))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const service = new FakeService()
  let url: string

  beforeAll(async () => {
    url = await service.start()
  })
  afterAll(() => service.stop())

  const pipe = join(folder, "pipe")
  spawnSync("mkfifo", [pipe])

  const mistakes: ReadonlyArray<readonly [string, () => ReadonlyArray<string>, RegExp]> = [
    ["a file that is not there", () => ["replay", "nowhere.csv"], /nowhere.csv: there is no such file/],
    ["a file without baskets", () => ["replay", file("none.csv", "\n")], /none.csv: there is no basket in it/],
    [
      "a quote that stays open",
      () => ["replay", file("open.csv", '"a\n')],
      /open.csv, line 1, column 1: a quote is never closed/,
    ],
    ["a file without an end", () => ["replay", "/dev/zero"], /\/dev\/zero: it is no regular file/],
    ["a pipe that says nothing", () => ["replay", pipe], /pipe: it is no regular file/],
    ["a number that is none", () => ["replay", "x.csv", "--concurrency", "many"], /--concurrency.*many/],
    ["a number out of bounds", () => ["replay", "x.csv", "--limit", "0"], /--limit.*from 1/],
    [
      "a URL that is none",
      () => ["replay", file("a.csv", "a\n"), "--url", "pass:s3cret@here"],
      /must look like http:\/\/host:port/,
    ],
    [
      "a service that is not there",
      () => ["seed", "--url", "http://ann:s3cret@127.0.0.1:1"],
      /no answer from http:\/\/127.0.0.1:1 /,
    ],
    [
      "a database URL that is none",
      () => ["verify", "--database", "mysql://ann:s3cret@x"],
      /must look like postgres:\/\//,
    ],
    ["a chance that is none", () => ["simulate", "carrier", "--slow", "3"], /a chance from 0 to 1, not 3/],
    [
      "callbacks that lead nowhere",
      () => ["simulate", "carrier", "--callbacks", "s3cret"],
      /--callbacks must look like http/,
    ],
    ["a command that is none", () => ["sell"], /Unknown subcommand "sell"/],
  ]

  it.each(mistakes)("reports %s in one line on stderr and ends with 1", async (_, words, message) => {
    const { code, stderr, stdout } = await jaego(...words())
    expect(stderr).toMatch(/^jaego: [^\n]+\n$/)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain("s3cret")
    expect(stdout).toBe("")
    expect(code).toBe(1)
  })

  it("prints one JSON object on stdout for a replay", async () => {
    const { code, stderr, stdout } = await jaego(
      "replay",
      file("b.csv", "a\nb,a\nc\n"),
      "--url",
      url,
      "--json",
      "--limit",
      "2",
    )
    expect(stdout.trim().split("\n")).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ orders: 2, placed: 2, refused: 0, failed: 0, audit: "clean" })
    expect(stderr).toBe("")
    expect(code).toBe(0)
  })

  it("makes nothing of a file that it refuses in its last line", async () => {
    const before = service.products.size
    const { code, stderr } = await jaego("replay", file("late.csv", `${"a,b\n".repeat(5_000)}c,\0\n`), "--url", url)
    expect(stderr).toMatch(/late.csv, line 5001, column 3: a NUL/)
    expect(code).toBe(1)
    expect(service.products.size).toBe(before)
  })

  it("ends a replay with 1 when the audit found something", async () => {
    service.cook = (product) => product.onHand++
    const { code, stdout } = await jaego("replay", file("c.csv", "a\n"), "--url", url)
    service.cook = () => undefined
    expect(stdout).toMatch(/^audit {4}violated/m)
    expect(code).toBe(1)
  })

  it("verifies a database by its URL", async () => {
    const { code, stdout } = await jaego("verify", "--database", await freshDatabase(), "--json")
    expect(JSON.parse(stdout)).toMatchObject({ ok: true })
    expect(code).toBe(0)
  })
})
