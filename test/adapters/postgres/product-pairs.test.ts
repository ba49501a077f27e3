/** The pairs of characters by which products are searched (docs/decisions/0037): the database and the service make the same of a text. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { pairs } from "../../../src/adapters/postgres/catalog.ts"
import { freshClient } from "../../support/postgres.ts"

/** Around the places at which the database begins a new part: 32 pairs. */
const LENGTHS = [0, 1, 2, 31, 32, 33, 34, 63, 64, 65, 66, 96, 97, 98, 300]

const digits = (length: number) => "0123456789 abcdefghijklmnopqrstuvwxyz".repeat(9).slice(0, length)

const texts = [
  ...LENGTHS.flatMap((length) => [digits(length), `é${digits(length)}`]),
  ...["A Mug MUG mug", "aaaa", "안녕하세요 100%", "𝒳𝒴 É\\_%", "\\x41 \\\\", "~\u007f\u0080\uffff"],
]

const folded = (text: string) => text.replace(/[A-Z]/g, (capital) => capital.toLowerCase())

const inDatabase = (given: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql.unsafe<{ readonly pairs: ReadonlyArray<number> }>(
      "select jaego_word_pairs(t) as pairs from unnest($1::text[]) with ordinality w (t, n) order by n",
      [given],
    )
    return rows.map((row) => row.pairs)
  })

describe("the pairs of a text", () => {
  it("are those that a search looks up", () =>
    Effect.gen(function* () {
      const any = fc.sample(fc.string({ unit: "binary", maxLength: 100 }), { numRuns: 500, seed: 37 })
      const all = [...texts, ...any.map((text) => text.replaceAll("\u0000", ""))]
      expect(yield* inDatabase(all)).toEqual(all.map((text) => folded(text).split(" ").flatMap(pairs)))
    }).pipe(Effect.provide(freshClient), Effect.runPromise))

  it("have a number each, unless they lie beyond the first 65,536 characters", () => {
    expect(pairs("ab안녕")).toEqual([0x0061_0062, 0x0062_c548, 0xc548_b155 | 0])
    expect(pairs("a")).toEqual([])
    expect(pairs("a\u{1f600}")).toEqual(pairs("a\uf600"))
  })
})
