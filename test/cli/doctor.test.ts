/** `jaego doctor`: what is right is green, each planted fault has its check, and what is away is named. */
import { execFile } from "node:child_process"
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Postgres from "../../src/adapters/postgres/checkup.ts"
import { type Finding, findings } from "../../src/ports/finding.ts"
import { freshDatabase } from "../support/postgres.ts"
import { isMissing, RedisServer } from "../support/redis-server.ts"
import { ROOT } from "../support/service.ts"

interface Report {
  readonly code: number
  readonly stdout: string
  readonly checks: ReadonlyArray<Finding>
}

const doctor = (env: Readonly<Record<string, string>>): Promise<Report> =>
  new Promise((resolve, reject) => {
    const options = {
      env: { PATH: process.env["PATH"], JAEGO_HOME: mkdtempSync(join(tmpdir(), "jaego-doctor-")), ...env },
    }
    const child = execFile(
      process.execPath,
      [join(ROOT, "src/cli.ts"), "doctor", "--json"],
      options,
      (_, stdout, stderr) => {
        if (!stdout.startsWith("{")) return reject(new Error(stderr))
        resolve({ code: child.exitCode ?? -1, stdout, checks: JSON.parse(stdout).checks })
      },
    )
  })

const found = ({ checks }: Report, name: string): Finding => {
  const finding = checks.find((each) => each.name === name)
  if (finding === undefined) throw new Error(`there is no check called ${name}`)
  return finding
}

describe("jaego doctor", () => {
  it("has twenty checks and more, each with its own name, and a remedy wherever one is not green", async () => {
    const report = await doctor({ PORT: "0" })
    const names = report.checks.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(20)
    for (const { remedy, verdict } of report.checks)
      expect(remedy === null).toBe(verdict === "green" || verdict === "unknown")
    expect(report.code).toBe(0)
  })

  it("sees that the server of these tests keeps nothing through a crash", async () => {
    const report = await doctor({ DATABASE_URL: await freshDatabase(), PORT: "0" })
    expect(found(report, "postgres").verdict).toBe("green")
    expect(found(report, "schema").verdict).toBe("green")
    expect(found(report, "postgres-pooler").verdict).toBe("green")
    expect(found(report, "postgres-synchronous-commit").verdict).toBe("green")
    expect(found(report, "postgres-fsync")).toMatchObject({ verdict: "red", found: "fsync off, full_page_writes off" })
    expect(report.code).toBe(1)
  })

  it("names a pooler that hands one session to many", async () => {
    const fields = "SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0"
    const refusal = Buffer.concat([Buffer.from("E\0\0\0\0"), Buffer.from(fields)])
    refusal.writeInt32BE(4 + fields.length, 1)
    const pooler = createServer((socket) => socket.on("error", () => undefined).end(refusal)).listen(0, "127.0.0.1")
    await new Promise((resolve) => pooler.once("listening", resolve))
    try {
      const { port } = pooler.address() as AddressInfo
      const report = await doctor({ DATABASE_URL: `postgres://jaego@127.0.0.1:${port}/shop`, PORT: "0" })
      expect(report.checks.filter(({ verdict }) => verdict === "red").map(({ name }) => name)).toEqual([
        "postgres-pooler",
      ])
      expect(found(report, "postgres-pooler").remedy).toMatch(/^name PostgreSQL itself/)
      expect(report.code).toBe(1)
    } finally {
      pooler.close()
    }
  })

  it("names what is away or taken, and what others may read", async () => {
    const taken = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => taken.once("listening", resolve))
    const { port } = taken.address() as { readonly port: number }
    const file = join(mkdtempSync(join(tmpdir(), "jaego-doctor-")), "url")
    writeFileSync(file, "postgres://jaego:secret@127.0.0.1:1/shop")
    chmodSync(file, 0o644)
    try {
      const report = await doctor({
        DATABASE_URL_FILE: file,
        KAFKA_BROKERS: "127.0.0.1:1",
        REDIS_URL: "redis://127.0.0.1:1",
        PORT: String(port),
      })
      const red = report.checks.filter(({ verdict }) => verdict === "red").map(({ name }) => name)
      expect(red).toEqual(["port", "postgres", "kafka", "redis"])
      expect(found(report, "secret-files")).toMatchObject({ verdict: "yellow", remedy: "chmod 600" })
      expect(found(report, "clock").verdict).toBe("unknown")
      expect(report.stdout).not.toContain("secret@")
      expect(report.code).toBe(1)
    } finally {
      taken.close()
    }
  })

  it.skipIf(isMissing)("looks at a real Redis", async () => {
    const server = await RedisServer.start()
    try {
      expect(found(await doctor({ REDIS_URL: server.url, PORT: "0" }), "redis-eviction").verdict).toBe("green")
      const client = server.client()
      await client.config("SET", "maxmemory", "10mb")
      client.disconnect()
      expect(found(await doctor({ REDIS_URL: server.url, PORT: "0" }), "redis-eviction")).toMatchObject({
        verdict: "yellow",
        found: "10 MiB, noeviction",
      })
    } finally {
      await server.stop()
    }
  })
})

const WELL: Postgres.Seen = {
  number: "180000",
  version: "18.0",
  encoding: "UTF8",
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  autovacuum: "on",
  encrypted: true,
  local: false,
  snapshot: null,
  kept: 0,
  superuser: false,
  skewMs: 0,
  pending: 0,
}

describe("the checks of a PostgreSQL", () => {
  it("are green where all is well", () => {
    for (const { verdict } of findings(Postgres.CHECKS, WELL)) expect(verdict).toBe("green")
  })

  it.each<readonly [string, Finding["verdict"], Partial<Postgres.Seen>]>([
    ["postgres-version", "red", { number: "140010" }],
    ["postgres-version", "yellow", { number: "190000" }],
    ["postgres-encoding", "red", { encoding: "LATIN1" }],
    ["postgres-fsync", "red", { full_page_writes: "off" }],
    ["postgres-synchronous-commit", "red", { synchronous_commit: "local" }],
    ["postgres-autovacuum", "red", { autovacuum: "off" }],
    ["postgres-tls", "yellow", { encrypted: false }],
    ["postgres-role", "yellow", { superuser: true }],
    ["clock", "yellow", { skewMs: -700 }],
    ["clock", "red", { skewMs: 60_000 }],
    ["postgres-oldest-snapshot", "yellow", { snapshot: 90 }],
    ["postgres-kept-log", "red", { kept: 100 * 2 ** 30 }],
    ["schema", "yellow", { pending: 2 }],
  ])("%s is %s, and nothing else is", (name, verdict, planted) => {
    const found = findings(Postgres.CHECKS, { ...WELL, ...planted }).filter((each) => each.verdict !== "green")
    expect(found).toMatchObject([{ name, verdict }])
  })
})
