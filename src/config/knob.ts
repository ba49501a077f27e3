/**
 * How one environment variable is read: whole numbers with bounds, one of several words, lists, secrets. An empty variable
 * counts as one that is not set.
 *
 * Law: no message repeats what a secret-bearing variable holds. Fails: `ConfigProblem`, one clear line.
 */
import { readFileSync } from "node:fs"
import { Schema } from "effect"

export class ConfigProblem extends Schema.TaggedError<ConfigProblem>()("ConfigProblem", { message: Schema.String }) {}

export type Env = Readonly<Record<string, string | undefined>>

/** Text for people; null: not set. */
export const text = (env: Env, name: string): string | null => env[name] || null

export interface Bounds {
  readonly fallback: number
  readonly min: number
  readonly max: number
}

export const integer = (env: Env, name: string, { fallback, max, min }: Bounds): number => {
  const given = text(env, name)
  if (given === null) return fallback
  const value = Number(given)
  if (!/^\d+$/.test(given) || value < min || value > max)
    throw new ConfigProblem({
      message: `${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`,
    })
  return value
}

/** Values separated by commas, each of which has to be one of those `expected`. */
export const list = (
  env: Env,
  name: string,
  isOne: (value: string) => boolean,
  expected: string,
): ReadonlyArray<string> => {
  const given = (text(env, name) ?? "").split(",").flatMap((each) => each.trim() || [])
  const wrong = given.find((each) => !isOne(each))
  if (wrong !== undefined)
    throw new ConfigProblem({ message: `${name} must be ${expected}, not ${JSON.stringify(wrong)}` })
  return given
}

/** A share of a whole, above 0 and at most 1: `0.5`. */
export const share = (env: Env, name: string, fallback: number): number => {
  const given = text(env, name)
  if (given === null) return fallback
  const value = Number(given)
  if (/^(\d*\.\d+|\d+)$/.test(given) && value > 0 && value <= 1) return value
  throw new ConfigProblem({ message: `${name} must be a share above 0 and at most 1, not ${JSON.stringify(given)}` })
}

/** The first of the words is the default. */
export const oneOf = <const Words extends readonly [string, ...ReadonlyArray<string>]>(
  env: Env,
  name: string,
  words: Words,
): Words[number] => {
  const given = text(env, name) ?? words[0]
  if (words.includes(given)) return given
  const [last, ...others] = [...words].reverse()
  throw new ConfigProblem({
    message: `${name} must be ${others.reverse().join(", ")} or ${last}, not ${JSON.stringify(given)}`,
  })
}

/**
 * What must not be seen by other users of the machine: in `NAME`, or in the file that `NAME_FILE` names (as orchestrators
 * mount secrets), without the line end that editors leave there. Null: neither is set.
 */
export const secret = (env: Env, name: string): string | null => {
  const file = text(env, `${name}_FILE`)
  const given = text(env, name)
  if (file === null) return given
  if (given !== null) throw new ConfigProblem({ message: `${name} and ${name}_FILE are both set: keep one` })
  try {
    return readFileSync(file, "utf8").trim() || null
  } catch (error) {
    throw new ConfigProblem({ message: `${name}_FILE cannot be read: ${(error as Error).message}` })
  }
}
