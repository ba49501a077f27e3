/** How much is logged, of all threads of this process together; an operator may change it while the service runs. */
import { Context } from "effect"

/** From everything to nothing. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "none"] as const
export type Level = (typeof LEVELS)[number]

export interface Setting {
  /** In force now. */
  readonly level: Level
  /** When the configured level is in force again (ms since 1970); null: it stays. */
  readonly until: number | null
  readonly configured: Level
}

export class LogLevel extends Context.Service<
  LogLevel,
  {
    readonly current: () => Setting
    /** Forgotten when the process ends. */
    readonly order: (level: Level, until: number | null) => Setting
  }
>()("jaego/ports/LogLevel") {}
