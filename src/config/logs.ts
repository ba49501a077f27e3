/** What is logged, and how. */
import type { Options } from "../adapters/system/log-level.ts"
import { type Env, oneOf } from "./knob.ts"

export type Logs = Options

export const read = (env: Env): Logs => ({
  format: oneOf(env, "LOG_FORMAT", ["pretty", "json"]),
  level: oneOf(env, "LOG_LEVEL", ["info", "trace", "debug", "warn", "error", "none"]),
})
