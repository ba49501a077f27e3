/** The moods of the simulated provider: how it behaves when it is asked with a token (`payment.ts` lists them). */

/** Longest delay a token may ask for (milliseconds): one hour, longer than any hold; longer ones are unknown tokens. */
const DELAY_MAX_MS = 3_600_000

export type Mood =
  | { readonly _tag: "Settles"; readonly state: "charged" | "declined"; readonly mute: boolean; readonly code: string }
  | { readonly _tag: "Delays"; readonly milliseconds: number }
  /** The buyer acts after so long; null: only when `act` says so. */
  | { readonly _tag: "Asks"; readonly milliseconds: number | null }

export const NO_MONEY = "insufficient_funds"
const FOR_GOOD = "do_not_honor"

const settles = (state: "charged" | "declined", mute = false, code = NO_MONEY): Mood => ({
  _tag: "Settles",
  state,
  mute,
  code,
})

const millisecondsIn = (digits: string | undefined): number | null => {
  const milliseconds = Number(digits ?? Number.NaN)
  return milliseconds <= DELAY_MAX_MS ? milliseconds : null
}

export const moodOf = (token: string): Mood => {
  switch (token) {
    case "tok_ok":
      return settles("charged")
    case "tok_unknown_charged":
      return settles("charged", true)
    case "tok_unknown_declined":
      return settles("declined", true)
    case "tok_decline_final":
      return settles("declined", false, FOR_GOOD)
    case "tok_action":
      return { _tag: "Asks", milliseconds: null }
  }
  const [, what, digits] = /^tok_(delay|action)_(\d{1,7})$/.exec(token) ?? []
  const milliseconds = millisecondsIn(digits)
  if (milliseconds === null) return settles("declined")
  return { _tag: what === "delay" ? "Delays" : "Asks", milliseconds }
}
