/**
 * Copies out of a loaded grammar what reading trees from memory needs: which symbols are shown as which kind, and which
 * aliases and fields a production gives its children. Knows the layout of `TSLanguage` (ABI 14 and 15, wasm32).
 */
import type { GrammarTables } from '../core/syntax/flatTree.ts';
import { ERROR_SYMBOL, errorKind } from './treeView.ts';

/** Stands for a slot where there is none: the production says nothing about its children. */
export const SLOTLESS = -1;

export interface LanguageTables {
  /** Kind id by symbol. */
  readonly kinds: Uint16Array;
  /** By symbol, 1: a node under this alias is a named one. */
  readonly namedSymbols: Uint8Array;
  /**
   * By `production * stride + index among the children that are not extras`: the alias (a symbol, 0 for none) in the
   * high half, the field id (0 for none) in the low half. Production 0 says nothing, so slot 0 is never used.
   */
  readonly slots: Uint32Array;
  readonly stride: number;
}

// Bytes behind the address of the language.
const SYMBOL_COUNT = 4;
const ALIAS_COUNT = 8;
const PRODUCTION_COUNT = 28;
const FIELD_COUNT = 32;
const ALIAS_SEQUENCE_LENGTH = 36;
const FIELD_MAP_SLICES = 64;
const FIELD_MAP_ENTRIES = 68;
const SYMBOL_METADATA = 72;
const PUBLIC_SYMBOLS = 76;
const ALIAS_SEQUENCES = 84;

const SYMBOL_METADATA_BYTES = 3;
const METADATA_NAMED = 1;
const FIELD_ENTRY_BYTES = 4;

interface FieldEntry {
  readonly production: number;
  readonly child: number;
  readonly field: number;
}

/** The tables of the language at `address`. Throws when they contradict what the runtime tells of the grammar. */
export function readLanguage(memory: WebAssembly.Memory, address: number, grammar: GrammarTables): LanguageTables {
  const data = new DataView(memory.buffer);
  const u16 = (at: number) => data.getUint16(at, true);
  const u32 = (at: number) => data.getUint32(at, true);

  const symbols = u32(address + SYMBOL_COUNT) + u32(address + ALIAS_COUNT);
  if (symbols !== errorKind(grammar)) {
    throw new Error(`The grammar's tables count ${symbols} symbols instead of ${errorKind(grammar)}.`);
  }
  const kinds = new Uint16Array(0x10000);
  const namedSymbols = new Uint8Array(symbols);
  for (let symbol = 0; symbol < symbols; symbol++) {
    kinds[symbol] = u16(u32(address + PUBLIC_SYMBOLS) + symbol * 2);
    namedSymbols[symbol] = data.getUint8(
      u32(address + SYMBOL_METADATA) + symbol * SYMBOL_METADATA_BYTES + METADATA_NAMED,
    );
  }
  kinds[ERROR_SYMBOL] = errorKind(grammar);

  const productions = u32(address + PRODUCTION_COUNT);
  const aliasLength = u16(address + ALIAS_SEQUENCE_LENGTH);
  const fieldEntries = readFieldEntries(data, address, productions);
  if (fieldEntries.some(({ production }) => production === 0)) {
    throw new Error('The grammar gives fields to production 0.');
  }
  const stride = fieldEntries.reduce((most, { child }) => Math.max(most, child + 1), aliasLength);
  const slots = new Uint32Array(productions * stride);
  for (const { production, child, field } of fieldEntries) slots[production * stride + child] ||= field;
  for (let production = 1; production < productions; production++) {
    for (let child = 0; child < aliasLength; child++) {
      const alias = u16(u32(address + ALIAS_SEQUENCES) + (production * aliasLength + child) * 2);
      slots[production * stride + child]! |= alias << 16;
    }
  }
  return { kinds, namedSymbols, slots, stride };
}

/** The fields that productions give to their own children, not those inherited from hidden ones, in their order. */
function readFieldEntries(data: DataView, address: number, productions: number): FieldEntry[] {
  if (data.getUint32(address + FIELD_COUNT, true) === 0) return [];
  const slices = data.getUint32(address + FIELD_MAP_SLICES, true);
  const entries = data.getUint32(address + FIELD_MAP_ENTRIES, true);
  const result: FieldEntry[] = [];
  for (let production = 0; production < productions; production++) {
    const start = data.getUint16(slices + production * 4, true);
    const count = data.getUint16(slices + production * 4 + 2, true);
    for (let i = start; i < start + count; i++) {
      const at = entries + i * FIELD_ENTRY_BYTES;
      const inherited = data.getUint8(at + 3) !== 0;
      if (!inherited) result.push({ production, child: data.getUint8(at + 2), field: data.getUint16(at, true) });
    }
  }
  return result;
}
