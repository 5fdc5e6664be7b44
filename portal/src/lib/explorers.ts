/** Where people look at a chain, for chains that have a well-known place; nothing is fetched from there. */
const EXPLORERS: Readonly<Record<number, string>> = {
  1: 'https://etherscan.io',
  10: 'https://optimistic.etherscan.io',
  100: 'https://gnosisscan.io',
  8453: 'https://basescan.org',
  42161: 'https://arbiscan.io',
  11155111: 'https://sepolia.etherscan.io',
}

/** The page of a block; null for a chain that is not known here, such as one of one's own. */
export function blockPage(chain: number, block: number): string | null {
  const explorer = EXPLORERS[chain]
  return explorer === undefined ? null : `${explorer}/block/${block}`
}
