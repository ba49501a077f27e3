/** The pairs of characters by which products are searched (docs/decisions/0037): an index that an earlier build filled stays right. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { freshClient } from "../../support/postgres.ts"

describe("the pairs of a text", () => {
  it("are what the index of the builds before has of it", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const texts = ["", "a", "ab", "A Mug MUG mug", "aaaa", "안녕하세요 100%", "𝒳𝒴 É\\_%", "x".repeat(300)]
      const rows = yield* sql.unsafe<{ readonly same: boolean }>(
        `select (select array_agg(distinct pair collate "C" order by pair collate "C") from unnest(jaego_bigrams(t)) pair)
          is not distinct from (select array_agg(distinct substr(lower(t collate "C"), n, 2) order by substr(lower(t collate "C"), n, 2))
            from generate_series(1, length(t) - 1) n) as same from unnest($1::text[]) t`,
        [texts],
      )
      expect(rows.map(({ same }) => same)).toEqual(texts.map(() => true))
    }).pipe(Effect.provide(freshClient), Effect.runPromise))
})
