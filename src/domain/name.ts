/**
 * Names that tell one customer or product from another (a customer's id, a SKU), in one normal form: what looks the same is the
 * same. A purchase limit of one would otherwise be passed by a dozen spellings of one name.
 *
 * The form is NFC, without spaces around it, and without what cannot be seen: controls, format characters, marks of direction,
 * variation selectors, fillers, and any space but U+0020. Case and double spaces can be seen, and count.
 */

/** Almost every name: it has no other spelling. */
const ASCII = /^[!-~](?:[ -~]*[!-~])?$/

const UNSEEN = /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u

export const isNormal = (name: string): boolean =>
  ASCII.test(name) || (!UNSEEN.test(name) && name.trim() === name && name.normalize("NFC") === name)
