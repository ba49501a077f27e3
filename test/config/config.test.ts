/** Knobs: defaults, bounds, secrets in files, and a table for operators that has every one of them. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import * as Config from "../../src/config/config.ts"
import { ConfigProblem } from "../../src/config/knob.ts"

const root = join(import.meta.dirname, "../..")

/** Every variable that is looked at, as the reading itself shows. */
const variables = (): ReadonlyArray<string> => {
  const seen = new Set<string>()
  Config.read(new Proxy({}, { get: (_, name) => void seen.add(String(name)) }))
  return [...seen].sort()
}

const STRIPE = { PAYMENT: "stripe", STRIPE_SECRET_KEY: "sk_test_1" }

const problemOf = (env: Record<string, string>): string => {
  try {
    Config.read(env)
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message
    throw error
  }
  throw new Error("it was taken")
}

const fileWith = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), "jaego-config-")), "secret")
  writeFileSync(file, text)
  return file
}

describe("the knobs", () => {
  it("stand in the operators' table, each once, and nothing else does", () => {
    const table = readFileSync(join(root, "docs/operating.md"), "utf8")
    const rows = [...table.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| [^|]+ \| [^|]+ \|$/gm)].map(([, name]) => name!)
    expect(rows.sort()).toEqual(variables().filter((name) => !name.endsWith("_FILE")))
  })

  it("that hold a secret can all come from a file", () => {
    expect(variables().filter((name) => name.endsWith("_FILE"))).toEqual([
      "CARRIER_URL_FILE",
      "CARRIER_WEBHOOK_SECRET_FILE",
      "DATABASE_REPLICA_URLS_FILE",
      "DATABASE_URL_FILE",
      "OTEL_EXPORTER_OTLP_HEADERS_FILE",
      "OTEL_EXPORTER_OTLP_TRACES_HEADERS_FILE",
      "PAYMENT_URL_FILE",
      "PAYMENT_WEBHOOK_SECRET_FILE",
      "REDIS_URL_FILE",
      "STRIPE_SECRET_KEY_FILE",
      "STRIPE_WEBHOOK_SECRET_FILE",
    ])
  })

  it("become options, in the options' own units", () => {
    const { events, payment, shipping } = Config.read({
      PAYMENT_DEADLINE_MS: "1500",
      PAYMENT: "http",
      PAYMENT_URL: "http://127.0.0.1:3200",
      PAYMENT_WEBHOOK_SECRET: "the one that is new,the one that is old",
      HOLD_SECONDS: "30",
      PAYMENT_GRACE_SECONDS: "0",
      SHIPPING_AFTER_SECONDS: "2",
      CARRIER_URL: "http://ann:p%40ss@127.0.0.1:3100/api//",
      KAFKA_BROKERS: " a:1, [::1]:2,",
      KAFKA_PREFIX: "staging.",
    })
    expect(payment).toEqual({
      provider: { kind: "http", endpoint: { base: "http://127.0.0.1:3200", authorization: null } },
      webhookSecrets: { http: ["the one that is new", "the one that is old"], stripe: [] },
      placing: { deadlineMs: 1_500, holdMs: 30_000, attemptsMax: 3 },
      checkout: { graceMs: 0, capture: "auto" },
      reconciliation: { hourly: "report" },
    })
    expect(shipping).toMatchObject({
      consumers: { shippingAfterMs: 2_000 },
      carrier: {
        base: "http://127.0.0.1:3100/api",
        authorization: `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
      },
    })
    expect(events.kafka).toEqual({ brokers: ["a:1", "[::1]:2"], prefix: "staging.", partitions: 12, replication: 1 })
  })

  it("become what Stripe's library wants", () => {
    const { payment, resilience } = Config.read({ ...STRIPE, STRIPE_WEBHOOK_SECRET: "whsec_0123456789" })
    const base = { protocol: "https", host: "api.stripe.com", port: 443 }
    expect(payment.provider).toEqual({ kind: "stripe", secretKey: "sk_test_1", base, returnUrl: null })
    expect(payment.webhookSecrets).toEqual({ http: [], stripe: ["whsec_0123456789"] })
    expect(resilience.payment.bulkhead.perSecond).toBe(100)
    const near = Config.read({ ...STRIPE, STRIPE_API_BASE: "http://127.0.0.1:3200" }).payment.provider
    expect(near).toMatchObject({ base: { protocol: "http", host: "127.0.0.1", port: 3200 } })
  })

  it.each([
    [{ WORKERS: "0" }, 'WORKERS must be a whole number from 1 to 64, not "0"'],
    [{ HOLD_SECONDS: "1.5" }, 'HOLD_SECONDS must be a whole number from 1 to 86400, not "1.5"'],
    [{ PAYMENT_DEADLINE_MS: "-1" }, 'PAYMENT_DEADLINE_MS must be a whole number from 1 to 60000, not "-1"'],
    [{ SHIPPING_AFTER_SECONDS: "soon" }, 'SHIPPING_AFTER_SECONDS must be a whole number from 0 to 604800, not "soon"'],
    [{ PAYMENT: "http" }, "PAYMENT=http needs PAYMENT_URL=http://host:port"],
    [{ PAYMENT: "stripe" }, "PAYMENT=stripe needs STRIPE_SECRET_KEY"],
    [{ ...STRIPE, STRIPE_API_BASE: "https://host/api" }, "STRIPE_API_BASE must look like https://host:port"],
    [{ ...STRIPE, STRIPE_RETURN_URL: "thanks" }, "STRIPE_RETURN_URL must be the URL of a page of your shop"],
    [
      { PAYMENT_WEBHOOK_SECRET: "guess" },
      "PAYMENT_WEBHOOK_SECRET must be one secret of at least 16 characters, or two with a comma",
    ],
    [{ CARRIER_URL: "carrier:80" }, "CARRIER_URL must look like http://host:port"],
    [{ CARRIER_URL: "http://carrier/?key=1" }, "CARRIER_URL must look like http://host:port"],
    [{ CARRIER_WEBHOOK_SECRET: "guess" }, "CARRIER_WEBHOOK_SECRET must have at least 16 characters"],
    [
      { ALLOWED_HOSTS: "shop.example:80" },
      'ALLOWED_HOSTS must be host names, separated by commas, not "shop.example:80"',
    ],
    [
      { CORS_ORIGINS: "https://shop.example/" },
      'CORS_ORIGINS must be origins like https://shop.example, separated by commas, not "https://shop.example/"',
    ],
    [{ CORS_ORIGINS: "*" }, 'CORS_ORIGINS must be origins like https://shop.example, separated by commas, not "*"'],
    [
      { RATE_LIMIT_CLIENT: "200" },
      'RATE_LIMIT_CLIENT must be off, or a rate and a burst from 1 to 1000000 like 200/s:400, not "200"',
    ],
    [
      { RATE_LIMIT_CUSTOMER: "0/s:40" },
      'RATE_LIMIT_CUSTOMER must be off, or a rate and a burst from 1 to 1000000 like 200/s:400, not "0/s:40"',
    ],
    [
      { TRUSTED_PROXIES: "10.0.0.0/8, proxy" },
      'TRUSTED_PROXIES must be addresses or networks (10.0.0.0/8), separated by commas, not "proxy"',
    ],
    [{ KEEP_ALIVE_SECONDS: "0" }, 'KEEP_ALIVE_SECONDS must be a whole number from 1 to 3600, not "0"'],
    [{ MAX_CONNECTIONS: "none" }, 'MAX_CONNECTIONS must be a whole number from 1 to 1000000, not "none"'],
    [{ PORT: "65536" }, 'PORT must be a whole number from 0 to 65535, not "65536"'],
    [{ PORT: "1e3" }, 'PORT must be a whole number from 0 to 65535, not "1e3"'],
    [{ STORE: "disk" }, 'STORE must be postgres or memory, not "disk"'],
    [
      { INVENTORY: "single:naive" },
      "INVENTORY=single:naive loses what it promises: it starts only with JAEGO_LAB=1, to be looked at",
    ],
    [
      { INVENTORY: "single:atomic", HOLDS_PER_CUSTOMER: "3" },
      "HOLDS_PER_CUSTOMER is kept by owners: it needs INVENTORY=actors",
    ],
    [{ INVENTORY: "single:redis-lua", JAEGO_LAB: "1" }, "INVENTORY=single:redis-lua needs REDIS_URL"],
    [{ STORE: "memory", INVENTORY: "atomic" }, "INVENTORY=atomic needs a database: it cannot go with STORE=memory"],
    [{ STORE: "memory", KAFKA_BROKERS: "a:1" }, "KAFKA_BROKERS needs a database: it cannot go with STORE=memory"],
    [
      { IDEMPOTENCY_RETENTION_HOURS: "23" },
      'IDEMPOTENCY_RETENTION_HOURS must be 0 (for ever) or at least 24, not "23"',
    ],
    [{ TIMELINE_RETENTION_HOURS: "719" }, 'TIMELINE_RETENTION_HOURS must be 0 (for ever) or at least 720, not "719"'],
    [{ OUTBOX_RETENTION_HOURS: "721" }, 'OUTBOX_RETENTION_HOURS must be a whole number from 1 to 720, not "721"'],
    [{ KAFKA_BROKERS: "a:1,b" }, "KAFKA_BROKERS must be host:port, separated by commas; IPv6 as [::1]:9092"],
    [{ KAFKA_BROKERS: "::1:9092" }, "KAFKA_BROKERS must be host:port, separated by commas; IPv6 as [::1]:9092"],
    [{ KAFKA_BROKERS: "ann:pass@a:1" }, "KAFKA_BROKERS must be host:port, separated by commas; IPv6 as [::1]:9092"],
    [{ KAFKA_PREFIX: "a b" }, 'KAFKA_PREFIX must be at most 100 letters, digits, ".", "_" and "-", not "a b"'],
    [
      { DATABASE_URL: "postgres://shop@db.example/shop?sslmode=disable" },
      "DATABASE_URL asks for plain text to another machine (sslmode=disable): set DATABASE_TLS=off if that is meant",
    ],
    [{ DATABASE_CONNECTIONS: "12", WORKERS: "1" }, "DATABASE_CONNECTIONS must be at least 13 with WORKERS=1, not 12"],
    [{ HOLD_SECONDS: "1" }, "PAYMENT_DEADLINE_MS must not be longer than HOLD_SECONDS"],
  ])("%o is refused in one line", (env: Record<string, string>, line) => {
    expect(problemOf(env)).toBe(line)
  })
})

describe("rate limits", () => {
  const limits = (env: Record<string, string>) => Config.read(env).http.server.limits

  it("are off while the service listens on the loopback, and on elsewhere, unless they are set", () => {
    const usual = { client: { perSecond: 200, burst: 400 }, customer: { perSecond: 20, burst: 40 } }
    for (const HOST of ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
      expect(limits({ HOST })).toMatchObject({ client: null, customer: null })
    for (const HOST of ["0.0.0.0", "::", "192.0.2.7", "127.example"]) expect(limits({ HOST })).toMatchObject(usual)
    const env = { RATE_LIMIT_CLIENT: "5/s:7", RATE_LIMIT_CUSTOMER: "off", TRUSTED_PROXIES: "10.0.0.0/8, ::1" }
    for (const HOST of ["127.0.0.1", "0.0.0.0"])
      expect(limits({ ...env, HOST })).toMatchObject({
        client: { perSecond: 5, burst: 7 },
        customer: null,
        trustedProxies: ["10.0.0.0/8", "::1"],
      })
  })
})

describe("a secret", () => {
  it("is read from the file that is named, without the line end", () => {
    const file = fileWith("postgres://shop:s3cret@127.0.0.1/shop\n")
    expect(Config.read({ DATABASE_URL_FILE: file }).database.url).toBe("postgres://shop:s3cret@127.0.0.1/shop")
  })

  it("is not taken from two places", () => {
    const file = fileWith("a secret of a good length")
    const env = { CARRIER_WEBHOOK_SECRET: "another of a good length", CARRIER_WEBHOOK_SECRET_FILE: file }
    expect(problemOf(env)).toBe("CARRIER_WEBHOOK_SECRET and CARRIER_WEBHOOK_SECRET_FILE are both set: keep one")
  })

  it("says which file cannot be read", () => {
    expect(problemOf({ DATABASE_URL_FILE: "/nowhere/url" })).toMatch(
      /^DATABASE_URL_FILE cannot be read: .*\/nowhere\/url/,
    )
  })

  it.each(["DATABASE_URL", "CARRIER_URL", "CARRIER_WEBHOOK_SECRET"])(
    "is never repeated by a message about %s",
    (name) => {
      expect(problemOf({ [name]: "hunter2" })).not.toContain("hunter2")
      expect(problemOf({ [`${name}_FILE`]: fileWith("hunter2") })).not.toContain("hunter2")
    },
  )
})
