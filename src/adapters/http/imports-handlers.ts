/** Answers those who ask after an import. What hands one in: `import-route.ts`. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ImportDesk } from "../../app/imports/import-desk.ts"
import type { Import, RowOutcome, RowStatus } from "../../ports/imports.ts"
import { Probe } from "../../ports/probe.ts"
import * as Rfc3339 from "../../std/rfc3339.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Cursors from "./cursors.ts"
import type { ImportRowView, ImportView } from "./import-schemas.ts"
import * as Problems from "./problems.ts"
import { LIMIT } from "./schemas.ts"

const timeOrNull = (at: number | null): string | null => (at === null ? null : Rfc3339.text(at))

const shown = ({ applied, dryRun, error, failed, id, mode, rows, skipped, state, ...times }: Import): ImportView => ({
  id,
  mode,
  dryRun,
  state,
  rows: { read: rows, applied, failed, skipped },
  receivedAt: Rfc3339.text(times.receivedAt),
  startedAt: timeOrNull(times.startedAt),
  finishedAt: timeOrNull(times.finishedAt),
  error,
})

const shownRow = (row: RowOutcome): ImportRowView => {
  const { line, sku, status } = row
  if (row.status === "failed") return { line, sku, status, problem: row.problem }
  if (row.status !== "applied") return { line, sku, status }
  const { delta, productId, version, what } = row
  return { line, sku, status, what, productId, delta, version }
}

interface RowsQuery {
  readonly status?: RowStatus
  readonly limit?: string
  readonly cursor?: string
}

const found = Effect.fnUntraced(function* (desk: ImportDesk, id: string) {
  const one = yield* desk.get(id)
  return one ?? (yield* Effect.fail(Problems.importNotFound(id)))
})

const rowsOf = Effect.fnUntraced(function* (desk: ImportDesk, id: string, query: RowsQuery) {
  const status = query.status ?? "all"
  const list = `imports/${id}/${status}` as const
  const line = yield* Cursors.read(list, query.cursor, Cursors.NUMBER)
  const limit = Number(query.limit ?? LIMIT.default)
  const page = yield* desk.rows(id, status, { limit, after: line === null ? null : Number(line) })
  // Every import that was received has a row: an empty first page may be of none.
  if (page.rows.length === 0) yield* found(desk, id)
  return Answers.page(list, page, shownRow)
})

export const layer = HttpApiBuilder.group(
  api,
  "imports",
  Effect.fnUntraced(function* (handlers) {
    const desk = yield* ImportDesk
    const answer = Answers.to(yield* Probe)
    return handlers.handleAll({
      create: () => Effect.die("it is answered beside the pipeline"),
      get: ({ params, request }) =>
        answer(
          request,
          Effect.map(found(desk, params.id), (one) => Answers.ok(shown(one))),
        ),
      rows: ({ params, query, request }) => answer(request, rowsOf(desk, params.id, query)),
    })
  }),
)
