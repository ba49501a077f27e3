/**
 * The dependency rule holds over all of `src`, and the check that says so is able to say no: each rule is shown one
 * planted violation among the real sources, and must report that one and no other.
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Rule, violations } from "./support/dependency-rule.ts"
import { codeOf, importsOf } from "./support/source-scan.ts"

const root = join(import.meta.dirname, "..")
const sources = new Map(
  globSync("src/**/*.ts", { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .sort()
    .map((file) => [file, readFileSync(join(root, file), "utf8")] as const),
)

describe("the dependency rule", () => {
  it.each(["src/std/", "src/domain/", "src/ports/", "src/app/", "src/adapters/", "src/config/"])(
    "looks at %s",
    (part) => {
      expect([...sources.keys()].filter((file) => file.startsWith(part))).not.toEqual([])
    },
  )

  it("a root is read at a glance", () => {
    const long = [...sources].filter(([file, text]) => file === "src/main.ts" && text.trimEnd().split("\n").length > 80)
    expect(long.map(([file]) => file)).toEqual([])
  })

  it("holds in every file", () => {
    expect(violations(sources)).toEqual([])
  })
})

interface Planted {
  readonly rule: Rule
  readonly what: string
  readonly file: string
  readonly source: string
  /** Further files the violation needs. */
  readonly beside?: Readonly<Record<string, string>>
}

const planted: ReadonlyArray<Planted> = [
  {
    rule: "ring",
    what: "the domain imports a port",
    file: "src/domain/planted.ts",
    source: 'import type { Payment } from "../ports/payment.ts"',
  },
  {
    rule: "ring",
    what: "a port imports the application",
    file: "src/ports/planted.ts",
    source: 'import { Shop } from "../app/shop.ts"',
  },
  {
    rule: "ring",
    what: "the application imports an adapter, by a dynamic import",
    file: "src/app/planted.ts",
    source: 'export const late = () => import("../adapters/planted/thing.ts")',
    beside: { "src/adapters/planted/thing.ts": "export const thing = 1" },
  },
  {
    rule: "ring",
    what: "an adapter exports from a root",
    file: "src/adapters/http/planted.ts",
    source: 'export { read } from "../../inventory-thread.ts"',
    beside: { "src/inventory-thread.ts": "export const read = 1" },
  },
  {
    rule: "ring",
    what: "a file lies in no ring",
    file: "src/helpers/planted.ts",
    source: "export const thing = 1",
  },
  {
    rule: "std",
    what: "a structure of std knows the shop",
    file: "src/std/planted.ts",
    source: 'import type { Lane } from "../domain/lane.ts"',
  },
  {
    rule: "std",
    what: "the domain leans on std",
    file: "src/domain/planted.ts",
    source: 'import { Notify } from "../std/notify.ts"',
  },
  {
    rule: "driven-adapter",
    what: "a driven adapter imports the application",
    file: "src/adapters/planted/ledger.ts",
    source: 'import * as Shop from "../../app/shop.ts"',
  },
  {
    rule: "adapter-folders",
    what: "an adapter imports another adapter",
    file: "src/adapters/planted/ledger.ts",
    source: 'import { thing } from "../other/thing.ts"',
    beside: { "src/adapters/other/thing.ts": "export const thing = 1" },
  },
  {
    rule: "receipt",
    what: "the application issues a receipt",
    file: "src/app/planted.ts",
    source: 'import { issueReceipt } from "../ports/receipt.ts"',
  },
  {
    rule: "receipt",
    what: "an adapter that is no ledger takes the whole room of receipts",
    file: "src/adapters/memory/planted.ts",
    source: 'import * as Receipts from "../../ports/receipt.ts"',
  },
  {
    rule: "shown",
    what: "what decides reads the order book, which may be behind",
    file: "src/app/planted.ts",
    source: 'import { OrderBook } from "../ports/order-book.ts"',
  },
  {
    rule: "shown",
    what: "an owner reads the catalogue, if only a type of it",
    file: "src/app/inventory/planted.ts",
    source: 'import type { Catalog } from "../../ports/catalog.ts"',
  },
  {
    rule: "shown",
    what: "the ledger reads from a replica, which may be behind",
    file: "src/adapters/postgres/planted.ts",
    source: 'import * as Replicas from "./replicas.ts"',
  },
  {
    rule: "config",
    what: "the application imports the knobs",
    file: "src/app/planted.ts",
    source: 'import type { Config } from "../config/config.ts"',
  },
  {
    rule: "environment",
    what: "an adapter reads the environment",
    file: "src/adapters/planted/thing.ts",
    source: "export const port = process.env.PORT",
  },
  {
    rule: "environment",
    what: "an adapter reads the environment by a name in brackets",
    file: "src/adapters/planted/thing.ts",
    source: 'export const port = process.env["PORT"]',
  },
  {
    rule: "packages",
    what: "the application imports a module of Node",
    file: "src/app/planted.ts",
    source: 'import { randomUUID } from "node:crypto"',
  },
  {
    rule: "packages",
    what: "a port imports a driver",
    file: "src/ports/planted.ts",
    source: 'import type { PgClient } from "@effect/sql-pg"',
  },
  {
    rule: "domain-effect",
    what: "the domain imports Effect beside data modules",
    file: "src/domain/planted.ts",
    source: 'import { Result, type Effect } from "effect"',
  },
  {
    rule: "domain-effect",
    what: "the domain imports Clock by its path",
    file: "src/domain/planted.ts",
    source: 'import * as Time from "effect/Clock"',
  },
  {
    rule: "domain-effect",
    what: "the domain imports all of effect",
    file: "src/domain/planted.ts",
    source: 'import * as E from "effect"',
  },
  ...[
    "Date.now()",
    "Math.random()",
    "new Date()",
    "performance.now()",
    "process.pid",
    "setTimeout(go, 1)",
    `\`at \${Date.now()}\``,
  ].map(
    (code): Planted => ({
      rule: "domain-purity",
      what: `the domain says ${code}`,
      file: "src/domain/planted.ts",
      source: `export const planted = ${code}`,
    }),
  ),
  ...[
    "const context = yield* Effect.context<Ledger>()",
    "const context = yield* Effect.context<Ledger | Scope.Scope>()",
    "const start = Effect.provideContext(owner, yield* Effect.context<Ledger>())",
    "const ids = Context.omit(Ids)(yield* Effect.context<Ledger>())",
    "const ledger = Effect.flatMap(Effect.context<Ledger>(), (context) => Effect.provideContext(owner, context))",
  ].map(
    (code): Planted => ({
      rule: "captured-scope",
      what: `a layer says ${code}`,
      file: "src/app/planted.ts",
      source: `export const planted = function* () { ${code} }`,
    }),
  ),
  {
    rule: "stack-frame",
    what: "a command leaves its stack frame to the service that it starts",
    file: "src/app/planted.ts",
    source: "export const serve = Effect.fn(function* () {})",
  },
  {
    rule: "size",
    what: "a file is too long",
    file: "src/domain/planted.ts",
    source: "// a line\n".repeat(351),
  },
  {
    rule: "size",
    what: "a function is too long",
    file: "src/domain/planted.ts",
    source: `export const long = (\n  one: number,\n): number => {\n${"  // a line\n".repeat(57)}  return one\n}\n`,
  },
  {
    rule: "cycle",
    what: "three files import each other in a circle, one of them only a type",
    file: "src/domain/planted-a.ts",
    source: 'import { b } from "./planted-b.ts"',
    beside: {
      "src/domain/planted-b.ts": 'import type { C } from "./planted-c.ts"',
      "src/domain/planted-c.ts": 'export * from "./planted-a.ts"',
    },
  },
  {
    rule: "unresolved",
    what: "an import leads nowhere",
    file: "src/app/planted.ts",
    source: 'import { gone } from "./gone.ts"',
  },
]

describe("the check reports", () => {
  it.each(planted)("$rule: $what", ({ rule, file, source, beside }) => {
    const before = new Set(violations(sources).map((each) => JSON.stringify(each)))
    const withPlanted = new Map([...sources, ...Object.entries(beside ?? {}), [file, source] as const])
    const fresh = violations(withPlanted).filter((each) => !before.has(JSON.stringify(each)))
    expect(fresh.map((each) => [each.rule, each.file])).toEqual([[rule, file]])
  })

  it("nothing for a planted file that keeps the rule", () => {
    const innocent = `
      // import { Effect } from "effect" is only mentioned; so is Date.now()
      import { Result, type Option as Maybe } from "effect"
      import type { Money } from "./money.ts"
      const context = Context.omit(Scope.Scope)(yield* Effect.context<Ledger>())
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const text = "new Date()" + 'import "../app/shop.ts"' + \`Math.random() \${"process.exit"}\`
      export const planted = (money: Money): Maybe<Money> => Result.succeed(/import "x"/.test(text) ? money : 1 / 2)
    `
    expect(violations(new Map([...sources, ["src/domain/planted.ts", innocent]]))).toEqual(violations(sources))
  })
})

describe("the scan of a source", () => {
  it("finds every form of import with its names", () => {
    const source = `
      import one from "a"
      import two, { three as tres, type Four } from 'b'
      import * as five from "c"
      import type { Six } from "d"
      import "e"
      export { seven, type as kind } from "f"
      export * as eight from "g"
      const nine = await import("h")
      const here = import.meta.url
      export const from = "i"
      export type Ten = { readonly from: "j" }
    `
    expect(importsOf(source).map((found) => `${found.specifier}: ${found.names.join(" ")}`)).toEqual([
      "a: default",
      "b: default three Four",
      "c: *",
      "d: Six",
      "e: ",
      "f: seven type",
      "g: *",
      "h: *",
    ])
  })

  it("sees code in templates, and neither comments nor strings", () => {
    const source = "const a = `x ${ { b: `${c.d()}` } } y` // e\n/* f */ const g = 'h' / i / 2"
    expect(codeOf(source)).not.toMatch(/[efhxy]/)
    expect(codeOf(source)).toContain("c.d()")
    expect(codeOf(source)).toContain("/ i / 2")
  })
})
