/** How long imports that have ended are kept. */
import { type Env, integer } from "./knob.ts"

export interface Imports {
  /** Since the end of an import (ms). Its key is as old, and is promised for a day. */
  readonly retentionMs: number
}

/** A week: longer than a file is asked after. */
const FALLBACK_HOURS = 168

export const read = (env: Env): Imports => ({
  retentionMs: integer(env, "IMPORT_RETENTION_HOURS", { fallback: FALLBACK_HOURS, min: 24, max: 8_760 }) * 3_600_000,
})
