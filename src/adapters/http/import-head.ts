/** What a request that hands in an import says before its body: mode, dry run, key, and how its body is to be read. */
import type { IncomingMessage } from "node:http"
import { Schema } from "effect"
import type { Format } from "../../app/imports/import-text.ts"
import type { Mode } from "../../domain/import-row.ts"
import * as Problems from "./problems.ts"
import { IdempotencyKey } from "./schemas.ts"

export interface Asked {
  readonly mode: Mode
  readonly dryRun: boolean
  readonly key: string
  readonly format: Format
  /** A label of the WHATWG Encoding Standard; null: UTF-8, or what a byte-order mark says. */
  readonly charset: string | null
}

/** With its query. */
export const TARGET = /^(?:https?:\/\/[^/?]+)?\/v1\/imports(?:\?(.*))?$/i

const isKey = Schema.is(IdempotencyKey)

const faults = (all: ReadonlyArray<readonly [pointer: string, detail: string]>): Problems.Problem =>
  Problems.of("invalid-request", all.map(([pointer, detail]) => `${pointer}: ${detail}`).join("; "), {
    errors: all.map(([pointer, detail]) => ({ pointer, detail })),
  })

const queryOf = (query: string): Pick<Asked, "mode" | "dryRun"> | Problems.Problem => {
  const given = new URLSearchParams(query)
  const found: Array<readonly [string, string]> = []
  const names = [...new Set(given.keys())]
  const unknown = Problems.unknownQuery(names.filter((name) => name !== "mode" && name !== "dryRun"))
  if (unknown !== null) return unknown
  const modes = given.getAll("mode")
  const [mode] = modes
  if (modes.length !== 1 || (mode !== "delta" && mode !== "absolute"))
    found.push(["query/mode", 'Expected "delta" or "absolute", once'])
  const dryRuns = given.getAll("dryRun")
  if (dryRuns.length > 1 || !["", "true", "false"].includes(dryRuns[0] ?? ""))
    found.push(["query/dryRun", 'Expected nothing, "true" or "false", once'])
  if (found.length > 0) return faults(found)
  return { mode: mode as Mode, dryRun: dryRuns.length === 1 && dryRuns[0] !== "false" }
}

const TYPES: Readonly<Record<string, Format>> = { "text/csv": "csv", "application/x-ndjson": "ndjson" }

const formatOf = (type: string): Pick<Asked, "format" | "charset"> | Problems.Problem => {
  const format = TYPES[type.split(";")[0]!.trim().toLowerCase()]
  if (format === undefined) return Problems.unsupportedImportType
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(type)?.[1]?.toLowerCase() ?? "utf-8"
  if (charset === "utf-8" || charset === "utf8") return { format, charset: null }
  return format === "ndjson" ? Problems.unsupportedCharset : { format, charset }
}

export const read = ({ headers, url = "" }: IncomingMessage, bytesMax: number): Asked | Problems.Problem => {
  if (Number(headers["content-length"] ?? 0) > bytesMax) return Problems.importTooLarge(bytesMax)
  const query = queryOf(TARGET.exec(url)?.[1] ?? "")
  if ("code" in query) return query
  const key = headers["idempotency-key"]
  if (key === undefined) return Problems.keyRequired
  if (!isKey(key))
    return faults([["header/idempotency-key", "Expected 1 to 255 printable ASCII characters without commas"]])
  const type = formatOf(headers["content-type"] ?? "")
  if ("code" in type) return type
  return { ...query, ...type, key: key as string }
}
