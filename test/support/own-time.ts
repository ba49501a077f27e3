/**
 * Time as this process has had it (ms), for bounds on what it waits for: where nothing runs in it, as on a busy machine, it does
 * not go on. So a bound says what the code waits for, and not how busy the machine is.
 */
const STEP_MS = 5

let ownMs = 0
/** An interval that is late is not made up for. */
setInterval(() => {
  ownMs += STEP_MS
}, STEP_MS).unref()

export const ownNow = (): number => ownMs
