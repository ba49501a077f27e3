/**
 * `jaego import --mode absolute`: hands a file of counts to the service, which applies it, and follows how far it is.
 *
 * Why the service: a count is applied as the difference from the version it was taken at, which only the ledger knows. The bytes of the
 * file are sent as they are, so that lines are the file's own.
 * Law: the key is what the file says (`import:absolute:<fingerprint>`): run again, it follows the same import.
 * Fails: `CommandFailed`, before anything is sent where a row is wrong; `Unreachable`.
 */
import { Effect } from "effect"
import { CommandFailed } from "./command-failed.ts"
import * as HttpClient from "./http-client.ts"
import type * as Import from "./import.ts"
import * as ImportFile from "./import-file.ts"
import * as Progress from "./progress.ts"

export interface Report {
  readonly id: string
  readonly dryRun: boolean
  readonly rows: number
  readonly applied: number
  readonly unchanged: number
  readonly failed: number
  /** The first `FAILURES_TOLD` of them, in the order of their lines. */
  readonly failures: ReadonlyArray<{ readonly line: number; readonly sku: string; readonly what: string }>
}

/** Between two looks. */
const LOOK = "200 millis"

/** More failures than this are counted, but not printed. */
const FAILURES_TOLD = 1_000

interface State {
  readonly state: string
  readonly error: string | null
  readonly rows: { readonly read: number; readonly applied: number; readonly failed: number; readonly skipped: number }
}

interface FailedRow {
  readonly line: number
  readonly sku: string | null
  readonly problem: string
}

const refused = (answer: HttpClient.HttpAnswer) => new CommandFailed({ message: HttpClient.describe(answer) })

const reading = (client: HttpClient.Client, path: string) =>
  Effect.flatMap(client.insist({ method: "GET", path }), (answer) =>
    answer.status === 200 ? Effect.succeed(answer.body) : Effect.fail(refused(answer)),
  )

const failuresOf = Effect.fnUntraced(function* (client: HttpClient.Client, id: string) {
  const failures: Array<FailedRow> = []
  for (let cursor = ""; failures.length < FAILURES_TOLD; ) {
    const page = (yield* reading(client, `/v1/imports/${id}/rows?status=failed&limit=100${cursor}`)) as {
      readonly data: ReadonlyArray<FailedRow>
      readonly nextCursor: string | null
    }
    failures.push(...page.data)
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  return failures.slice(0, FAILURES_TOLD).map(({ line, problem, sku }) => ({ line, sku: sku ?? "", what: problem }))
})

const followed = Effect.fnUntraced(function* (client: HttpClient.Client, id: string, progress: Progress.Progress) {
  let done = 0
  for (;;) {
    const now = (yield* reading(client, `/v1/imports/${id}`)) as State
    const { applied, failed, skipped } = now.rows
    progress.advance(applied + failed + skipped - done)
    done = applied + failed + skipped
    if (now.state === "failed") return yield* new CommandFailed({ message: `the import failed: ${now.error}` })
    if (now.state === "finished") return now.rows
    yield* Effect.sleep(LOOK)
  }
})

const typeOf = (file: string, encoding: string | null): string => {
  if (ImportFile.formatOf(file) === "ndjson") return "application/x-ndjson"
  return encoding === null ? "text/csv" : `text/csv; charset=${encoding}`
}

/** What the service would read otherwise than it was checked here. */
const unsendable = (file: string, { encoding, separator }: Import.Options): string | null => {
  if (separator !== null)
    return "counts are sent as they are, and their separator stands in their head: leave --separator out"
  const isOther = encoding !== null && !/^utf-?8$/i.test(encoding)
  return isOther && ImportFile.formatOf(file) === "ndjson" ? "NDJSON is UTF-8: leave --encoding out" : null
}

export const run = Effect.fnUntraced(function* (file: string, options: Import.Options) {
  const { effect, name, patienceMs, screen, url } = options
  const problem = unsendable(file, options)
  if (problem !== null) return yield* new CommandFailed({ message: problem })
  const client = yield* HttpClient.make(url, { connections: 1, patienceMs })
  const checked = yield* Effect.tryPromise({
    try: (signal) => ImportFile.check(file, { ...options, mode: "absolute", signal }),
    catch: CommandFailed.reading(file),
  })
  const dryRun = effect === "dry-run"
  // A dry run looks at what there is now: each is its own.
  const key = `import:absolute:${checked.fingerprint}:${name}${dryRun ? `:${crypto.randomUUID()}` : ""}`
  const accepted = yield* client.insist({
    method: "POST",
    path: `/v1/imports?mode=absolute${dryRun ? "&dryRun=true" : ""}`,
    key,
    file: { path: file, type: typeOf(file, options.encoding) },
  })
  if (accepted.status !== 202) return yield* refused(accepted)
  const { id } = accepted.body as { readonly id: string }
  const progress = yield* Progress.make("importing", checked.rows, screen)
  const rows = yield* followed(client, id, progress)
  const failures = rows.failed === 0 ? [] : yield* failuresOf(client, id)
  const { applied, failed, read, skipped } = rows
  return { id, dryRun, rows: read, applied, unchanged: skipped, failed, failures } satisfies Report
}, Effect.scoped)
