/** What a statement costs on a real PostgreSQL: pages touched and rows thrown away, which a busy machine does not change. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"

interface Node {
  readonly "Node Type": string
  readonly "Shared Hit Blocks": number
  readonly "Shared Read Blocks": number
  readonly "Rows Removed by Filter"?: number
  readonly "Rows Removed by Index Recheck"?: number
  readonly "Rows Removed by Join Filter"?: number
  readonly "Actual Loops": number
  readonly "Actual Rows": number
  readonly Plans?: ReadonlyArray<Node>
}

export interface Cost {
  /** Rows that it returned. */
  readonly rows: number
  /** Pages of tables and indexes, each time one was touched; those of planning are left out. */
  readonly pages: number
  /** Rows, and pairs of rows, that were looked at and thrown away. */
  readonly removed: number
  readonly nodes: ReadonlyArray<string>
}

const all = (node: Node): ReadonlyArray<Node> => [node, ...(node.Plans ?? []).flatMap(all)]

/** Runs it, in a transaction of its own that is kept; `settings` as the session has them that sends it. */
export const costOf = (statement: string, parameters: ReadonlyArray<unknown>, settings: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const explained = yield* Effect.forEach(settings, (setting) => sql.unsafe(`set local ${setting}`), {
      discard: true,
    }).pipe(
      Effect.andThen(
        sql.unsafe<{ readonly "QUERY PLAN": readonly [{ readonly Plan: Node }] }>(
          `explain (analyze, buffers, format json) ${statement}`,
          [...parameters],
        ),
      ),
      sql.withTransaction,
    )
    const plan = explained[0]!["QUERY PLAN"][0].Plan
    const nodes = all(plan)
    return {
      rows: plan["Actual Rows"],
      // What is written on the side, by a part of its own, comes after all the rest and is not counted with it.
      pages: Math.max(...nodes.map((node) => node["Shared Hit Blocks"] + node["Shared Read Blocks"])),
      removed: nodes.reduce(
        (sum, node) =>
          sum +
          ((node["Rows Removed by Filter"] ?? 0) +
            (node["Rows Removed by Index Recheck"] ?? 0) +
            (node["Rows Removed by Join Filter"] ?? 0)) *
            node["Actual Loops"],
        0,
      ),
      nodes: nodes.map((node) => node["Node Type"]),
    } satisfies Cost
  })
