/**
 * The environment of every program that we start: what programs need to run at all, and none of our secrets. What is not
 * in the list is not inherited; the locale is none, so that messages can be read by us.
 */
const INHERITED = ["path", "ld_library_path", "systemroot", "temp", "tmp"]

export const environment = (): NodeJS.ProcessEnv => ({
  // Windows writes them as it likes.
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name.toLowerCase()))),
  LC_ALL: "C",
})
