/** Waits until a look says true. The limit only ends what hangs: it is far above what a busy machine takes. */
import { vi } from "vitest"

/** Milliseconds. */
const TIMEOUT_MS = 60_000

/** `interval`: from one look to the next (ms). */
export const soon = (look: () => boolean | Promise<boolean>, interval = 10): Promise<true> =>
  vi.waitUntil(look, { timeout: TIMEOUT_MS, interval })
