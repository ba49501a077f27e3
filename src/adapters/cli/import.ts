/**
 * `jaego import`: applies a file of deliveries, corrections and new products to a running service, row by row over HTTP.
 *
 * Law: each row is sent under a key of its own (`import:<id>:<line>`), and the id is what the file says: an import that was killed
 * anywhere is resumed by running it again, and a row that was applied is not applied twice. Rows of one SKU go in their order.
 * Limits: that holds for as long as the service keeps keys (`IDEMPOTENCY_RETENTION_HOURS`). `PORTION` rows are in memory. What an
 * earlier run did is in the counts again.
 * Fails: `CommandFailed`, `Unreachable`. A row that the service refuses is reported by its line; the others go on.
 */
import { Effect } from "effect"
import { CommandFailed } from "./command-failed.ts"
import * as HttpClient from "./http-client.ts"
import * as ImportFile from "./import-file.ts"
import * as Progress from "./progress.ts"

export interface Options extends Omit<ImportFile.Options, "signal" | "mode"> {
  readonly url: string
  /** Rows under way. */
  readonly concurrency: number
  /** The same file under another name is another import. */
  readonly name: string
  readonly effect: "apply" | "dry-run"
  readonly screen: Progress.Screen
  readonly patienceMs: number
}

type Applied = "created" | "adjusted" | "unchanged"

export interface Report {
  readonly id: string
  readonly dryRun: boolean
  readonly rows: number
  readonly created: number
  readonly adjusted: number
  readonly unchanged: number
  readonly failed: number
  /** The first `FAILURES_TOLD` of them, in the order of their lines. */
  readonly failures: ReadonlyArray<{ readonly line: number; readonly sku: string; readonly what: string }>
}

/** Rows read at once, of which those of different SKUs are under way together. */
const PORTION = 1_000

/** More failures than this are counted, but not printed. */
const FAILURES_TOLD = 1_000

const UNKNOWN = "there is no product with this SKU, and the row does not say what it is"

const failed = (answer: HttpClient.HttpAnswer) => Effect.fail(HttpClient.describe(answer))

const applying = (client: HttpClient.Client, id: string, effect: Options["effect"]) => {
  const find = Effect.fnUntraced(function* (sku: string) {
    const path = `/v1/products?limit=1&sku=${encodeURIComponent(sku)}`
    const answer = yield* client.insist({ method: "GET", path })
    if (answer.status !== 200) return yield* failed(answer)
    return (answer.body as { readonly data: ReadonlyArray<{ readonly id: string }> }).data[0]?.id ?? null
  })

  const move = Effect.fnUntraced(function* (productId: string, delta: number, key: string) {
    if (effect === "dry-run") return "adjusted" as Applied
    const path = `/v1/products/${productId}/stock/adjustments`
    const answer = yield* client.insist({ method: "POST", path, key, body: { delta, reason: key } })
    return answer.status === 200 ? ("adjusted" as Applied) : yield* failed(answer)
  })

  /** SKUs that a dry run would have created. */
  const foreseen = new Set<string>()

  return Effect.fnUntraced(function* ({ line, row: { change, newcomer, sku } }: ImportFile.NumberedRow) {
    const key = `import:${id}:${line}`
    // Asked first, whether or not the product is there: on a second run the answer is the first one again, and no delta is added to it.
    if (newcomer !== null && effect === "apply") {
      const answer = yield* client.insist({ method: "POST", path: "/v1/products", key, body: { sku, ...newcomer } })
      if (answer.status === 201) return "created" as Applied
      if (HttpClient.problemCode(answer) !== "sku-taken") return yield* failed(answer)
    }
    const productId = foreseen.has(sku) ? "" : yield* find(sku)
    if (productId === null) {
      if (newcomer === null || effect === "apply") return yield* Effect.fail(UNKNOWN)
      foreseen.add(sku)
      return "created" as Applied
    }
    if (change._tag !== "Move" || change.delta === 0) return "unchanged" as Applied
    return yield* move(productId, change.delta, key)
  })
}

const read = <A>(file: string, work: (signal: AbortSignal) => Promise<A>) =>
  Effect.tryPromise({
    try: work,
    catch: CommandFailed.reading(file),
  })

const portionOf = async (rows: AsyncIterator<ImportFile.NumberedRow>) => {
  const bySku = new Map<string, Array<ImportFile.NumberedRow>>()
  for (let count = 0; count < PORTION; count++) {
    const next = await rows.next()
    if (next.done === true) break
    const same = bySku.get(next.value.row.sku)
    if (same === undefined) bySku.set(next.value.row.sku, [next.value])
    else same.push(next.value)
  }
  return [...bySku.values()]
}

export const run = Effect.fnUntraced(function* (file: string, options: Options) {
  const { name, screen } = options
  const client = yield* HttpClient.make(options.url, {
    connections: options.concurrency,
    patienceMs: options.patienceMs,
  })
  const checked = yield* read(file, (signal) => ImportFile.check(file, { ...options, mode: "delta", signal }))
  const id = name === "" ? checked.fingerprint : `${checked.fingerprint}.${name}`
  const apply = applying(client, id, options.effect)
  const progress = yield* Progress.make("importing", checked.rows, screen)
  const counts = { created: 0, adjusted: 0, unchanged: 0 }
  const failures: Array<Report["failures"][number]> = []
  let failedRows = 0
  const one = Effect.fnUntraced(function* (numbered: ImportFile.NumberedRow) {
    const outcome = yield* Effect.result(apply(numbered))
    progress.advance()
    if (outcome._tag === "Success") counts[outcome.success]++
    else if (typeof outcome.failure !== "string") return yield* outcome.failure
    else if (++failedRows <= FAILURES_TOLD)
      failures.push({ line: numbered.line, sku: numbered.row.sku, what: outcome.failure })
  })
  const rows = ImportFile.read(file, { ...options, mode: "delta", signal: new AbortController().signal })
  yield* Effect.addFinalizer(() => Effect.promise(() => rows.return(undefined)))
  for (;;) {
    const portion = yield* read(file, () => portionOf(rows))
    if (portion.length === 0) break
    const inOrder = (same: ReadonlyArray<ImportFile.NumberedRow>) => Effect.forEach(same, one, { discard: true })
    yield* Effect.forEach(portion, inOrder, { concurrency: options.concurrency, discard: true })
  }
  failures.sort((left, right) => left.line - right.line)
  const dryRun = options.effect === "dry-run"
  return { id, dryRun, rows: checked.rows, ...counts, failed: failedRows, failures } satisfies Report
}, Effect.scoped)
