/** A function of an object that never changes: made once, and kept for as long as the object is. */
export const derived = <Of extends object, Made>(make: (of: Of) => Made): ((of: Of) => Made) => {
  const kept = new WeakMap<Of, { readonly made: Made }>()
  return (of) => {
    const before = kept.get(of)
    if (before !== undefined) return before.made
    const made = make(of)
    kept.set(of, { made })
    return made
  }
}
