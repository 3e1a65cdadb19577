/**
 * Copies syntax trees into flat arrays, inside the parser runtime's own memory and without a call per node. Compiled to
 * a WebAssembly module of its own, which `reader.gen.ts` holds; `memoryReader.ts` is what calls it. Everything here
 * depends on how tree-sitter 0.25 lays out its trees and languages (ABI 14 and 15) on wasm32: the runtime's version is
 * pinned, and `selfTest.ts` compares the outcome with the runtime's cursor before this reader is trusted.
 *
 * It never writes to what the runtime owns, never recurses (trees of depth 10^6 exist), and has no memory of its own,
 * neither variables nor a stack: it is a guest in somebody else's memory, so all it has is what it allocates there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINED static inline __attribute__((always_inline))

// The runtime's own functions.
void *realloc(void *block, size_t bytes);
void free(void *block);

typedef struct {
  uint32_t bytes;
  uint32_t row;
  uint32_t column;
} Extent;

/** A node with a place of its own. Its children lie directly before it. */
typedef struct {
  uint32_t references;
  Extent padding;
  Extent size;
  uint32_t lookahead;
  uint32_t error_cost;
  uint32_t child_count;
  uint16_t symbol;
  uint16_t state;
  uint32_t bits;
  // What follows is there only when the node has children.
  uint32_t visible_children;
  uint32_t named_children;
  uint32_t visible_descendants;
  int32_t precedence;
  uint16_t depth;
  uint16_t production;
} Node;

_Static_assert(offsetof(Node, bits) == 44 && offsetof(Node, production) == 66, "the runtime's layout");

/** What a parent holds of a child: the node itself when it is small (bit 0 of `word` is set), else its address. */
typedef struct {
  uint32_t word;
  uint8_t padding_column;
  uint8_t padding_row_and_lookahead;
  uint8_t padding_bytes;
  uint8_t size_bytes;
} Child;

enum { INLINE = 1, INLINE_MISSING = 1 << 5 };

// Bits of a node. The first three are also those of an inline node, one place further up.
enum { VISIBLE = 1, NAMED = 2, EXTRA = 4, MISSING = 1 << 9 };

typedef struct {
  uint8_t visible;
  uint8_t named;
  uint8_t supertype;
} SymbolTraits;

typedef struct {
  uint16_t first;
  uint16_t count;
} Slice;

typedef struct {
  uint16_t field;
  uint8_t child;
  bool inherited;
} FieldEntry;

typedef struct {
  uint32_t version;
  uint32_t symbol_count;
  uint32_t alias_count;
  uint32_t unused_counts[4];
  uint32_t production_count;
  uint32_t field_count;
  uint16_t alias_sequence_length;
  uint32_t unused_tables[6];
  const Slice *field_slices;
  const FieldEntry *field_entries;
  const SymbolTraits *traits;
  const uint16_t *public_symbols;
  uint32_t alias_map;
  const uint16_t *alias_sequences;
} Language;

_Static_assert(offsetof(Language, field_slices) == 64 && offsetof(Language, alias_sequences) == 84, "likewise");

/** Symbol of ERROR nodes, in every language. */
enum { ERROR_SYMBOL = 0xffff };

/** What reading trees of one language takes. */
typedef struct {
  const uint16_t *public_symbols;
  const SymbolTraits *traits;
  /** Kind of ERROR nodes in our tables: the first number that is no symbol. */
  uint32_t error_kind;
  /** Slots of one production. */
  uint32_t stride;
  /**
   * By production and by index among the children that are not extras: the alias (a symbol, 0 for none) in the high
   * half, the field (0 for none) in the low half. Production 0 says nothing, so its slots are never used.
   */
  uint32_t slots[];
} Tables;

// Flags of a flat tree.
enum { FLAG_NAMED = 1, FLAG_ERROR = 2, FLAG_MISSING = 4 };

/** The arrays of a flat tree. */
typedef struct {
  uint32_t *starts;
  uint32_t *ends;
  uint32_t *parents;
  uint32_t *stops;
  uint16_t *kinds;
  uint16_t *fields;
  uint8_t *flags;
} FlatArrays;

/** The arrays of the top level; `nodes` are addresses, and `sizes` count a node with its descendants. */
typedef struct {
  uint32_t *starts;
  uint32_t *ends;
  uint32_t *nodes;
  uint32_t *sizes;
  uint16_t *kinds;
  uint16_t *fields;
  uint8_t *flags;
  uint8_t *errors;
} TopArrays;

/** Put aside for a node while its children are read. */
typedef struct {
  const Child *child;
  const Child *end;
  const uint32_t *slot;
  uint32_t hidden_field;
  uint32_t parent;
} Frame;

/** The arrays lie in `memory` one behind the other, in the order in which `treeView.ts` has them. */
INLINED FlatArrays flat_arrays(uint32_t *memory, uint32_t size) {
  uint16_t *kinds = (uint16_t *)(memory + size * 4);
  return (FlatArrays){
      .starts = memory,
      .ends = memory + size,
      .parents = memory + size * 2,
      .stops = memory + size * 3,
      .kinds = kinds,
      .fields = kinds + size,
      .flags = (uint8_t *)(kinds + size * 2),
  };
}

/** Likewise, in the order of `memoryReader.ts`. */
INLINED TopArrays top_arrays(uint32_t *memory, uint32_t size) {
  uint16_t *kinds = (uint16_t *)(memory + size * 4);
  uint8_t *flags = (uint8_t *)(kinds + size * 2);
  return (TopArrays){
      .starts = memory,
      .ends = memory + size,
      .nodes = memory + size * 2,
      .sizes = memory + size * 3,
      .kinds = kinds,
      .fields = kinds + size,
      .flags = flags,
      .errors = flags + size,
  };
}

INLINED const uint32_t *first_slot(const Tables *tables, const Node *node) {
  return node->production == 0 ? NULL : tables->slots + node->production * tables->stride;
}

/**
 * Copies the visible descendants of `root`, whose text starts at byte `start`, to `index` of the flat tree in `memory`
 * and behind; `size` is the size of that tree, and `parent` the index of the root. With `is_top`, the arrays are those
 * of the top level: only named nodes are copied, and no visible node is descended into. Returns the index behind the
 * last node, or `size` + 1 when there are more nodes than `size`.
 */
INLINED uint32_t copy_descendants(const Tables *tables, const Node *root, uint32_t start, uint32_t parent,
                                  uint32_t index, uint32_t *memory, uint32_t size, bool is_top) {
  const FlatArrays flat = flat_arrays(memory, size);
  const TopArrays top = top_arrays(memory, size);
  Frame *frames = NULL;
  uint32_t capacity = 0;
  uint32_t depth = 0;
  // A node's padding is that of its first child, so its children are counted from where that padding begins.
  uint32_t position = start - root->padding.bytes;
  const Child *end = (const Child *)root;
  const Child *child = end - root->child_count;
  const uint32_t *slot = first_slot(tables, root);
  uint32_t hidden_field = 0;
  for (;;) {
    if (child == end) {
      if (depth == 0) break;
      const Frame *frame = &frames[--depth];
      child = frame->child;
      end = frame->end;
      slot = frame->slot;
      hidden_field = frame->hidden_field;
      parent = frame->parent;
      continue;
    }

    const Node *node = NULL;
    uint32_t symbol, bits, first, last;
    uint32_t children = 0;
    const uint32_t word = child->word;
    if (word & INLINE) {
      first = position + child->padding_bytes;
      last = first + child->size_bytes;
      symbol = word >> 8 & 0xff;
      bits = (word >> 1 & (VISIBLE | NAMED | EXTRA)) | (word & INLINE_MISSING ? MISSING : 0);
    } else {
      node = (const Node *)word;
      first = position + node->padding.bytes;
      last = first + node->size.bytes;
      symbol = node->symbol;
      bits = node->bits;
      children = node->child_count;
    }
    child++;

    uint32_t field = 0;
    uint32_t alias = 0;
    if (!(bits & EXTRA)) {
      const uint32_t said = slot == NULL ? 0 : *slot++;
      alias = said >> 16;
      field = said & 0xffff ? said & 0xffff : hidden_field;
    }
    const bool is_visible = bits & VISIBLE || alias != 0;
    const bool is_named = alias == 0 ? (bits & NAMED) != 0 : tables->traits[alias].named;
    const uint32_t here = index;

    if (is_visible && (is_named || !is_top)) {
      if (index == size) {
        index++;
        break;
      }
      const bool is_error = symbol == ERROR_SYMBOL && alias == 0;
      const uint32_t kind = is_error ? tables->error_kind : tables->public_symbols[alias == 0 ? symbol : alias];
      const uint32_t flags =
          (is_named ? FLAG_NAMED : 0) | (is_error ? FLAG_ERROR : 0) | (bits & MISSING ? FLAG_MISSING : 0);
      const uint32_t descendants = children == 0 ? 0 : node->visible_descendants;
      if (is_top) {
        top.starts[index] = first / 2;
        top.ends[index] = last / 2;
        top.nodes[index] = (uint32_t)node;
        top.sizes[index] = 1 + descendants;
        top.kinds[index] = kind;
        top.fields[index] = field;
        top.flags[index] = flags;
        top.errors[index] = bits & MISSING || (node != NULL && node->error_cost > 0);
      } else {
        flat.starts[index] = first / 2;
        flat.ends[index] = last / 2;
        flat.parents[index] = parent;
        flat.stops[index] = index + 1 + descendants;
        flat.kinds[index] = kind;
        flat.fields[index] = field;
        flat.flags[index] = flags;
      }
      index++;
    }

    if (children == 0 || (is_top && is_visible)) {
      position = last;
      continue;
    }
    // Behind the last child there is nothing to come back for.
    if (child != end) {
      if (depth == capacity) {
        capacity = capacity == 0 ? 64 : capacity * 2;
        frames = realloc(frames, capacity * sizeof(Frame));
        if (frames == NULL) __builtin_trap();
      }
      frames[depth++] = (Frame){child, end, slot, hidden_field, parent};
    }
    end = (const Child *)node;
    child = end - children;
    slot = first_slot(tables, node);
    hidden_field = is_visible ? 0 : field;
    if (is_visible) parent = here;
  }
  free(frames);
  return index;
}

/** The root of a tree; NULL when it has no children. A tree begins with its root, as if it were a child. */
INLINED const Node *root_of(const Child *tree) {
  if (tree->word & INLINE) return NULL;
  const Node *root = (const Node *)tree->word;
  return root->child_count == 0 ? NULL : root;
}

/**
 * The tables of a language whose ERROR nodes get the kind `error_kind`. NULL when the language is not laid out as
 * expected. Never freed: languages are not either.
 */
EXPORT(openLanguage)
const Tables *open_language(const Language *language, uint32_t error_kind) {
  if (language->symbol_count + language->alias_count != error_kind) return NULL;
  const uint32_t productions = language->production_count;
  const uint32_t aliases = language->alias_sequence_length;
  const uint32_t sliced = language->field_count == 0 ? 0 : productions;

  uint32_t stride = aliases;
  for (uint32_t production = 0; production < sliced; production++) {
    const Slice slice = language->field_slices[production];
    for (const FieldEntry *entry = language->field_entries + slice.first, *end = entry + slice.count; entry < end; entry++) {
      if (entry->inherited) continue;
      if (production == 0) return NULL;
      if (entry->child >= stride) stride = entry->child + 1;
    }
  }

  Tables *tables = realloc(NULL, sizeof(Tables) + productions * stride * sizeof(uint32_t));
  if (tables == NULL) return NULL;
  tables->public_symbols = language->public_symbols;
  tables->traits = language->traits;
  tables->error_kind = error_kind;
  tables->stride = stride;
  for (uint32_t production = 0; production < productions; production++) {
    uint32_t *slots = tables->slots + production * stride;
    for (uint32_t child = 0; child < stride; child++) {
      const bool is_aliased = production > 0 && child < aliases;
      slots[child] = is_aliased ? (uint32_t)language->alias_sequences[production * aliases + child] << 16 : 0;
    }
    if (production >= sliced) continue;
    const Slice slice = language->field_slices[production];
    for (const FieldEntry *entry = language->field_entries + slice.first, *end = entry + slice.count; entry < end; entry++) {
      // A child may be given several fields: the first one counts.
      if (!entry->inherited && !(slots[entry->child] & 0xffff)) slots[entry->child] |= entry->field;
    }
  }
  return tables;
}

/** How many named nodes are at the top level of a tree. */
EXPORT(topLevelSize)
uint32_t top_level_size(const Child *tree) {
  const Node *root = root_of(tree);
  return root == NULL ? 0 : root->named_children;
}

/** Writes the top level of a tree, of `size` named nodes, to `memory`. Returns how many nodes were found. */
EXPORT(copyTopLevel)
uint32_t copy_top_level(const Tables *tables, const Child *tree, uint32_t *memory, uint32_t size) {
  const Node *root = root_of(tree);
  if (root == NULL) return 0;
  return copy_descendants(tables, root, root->padding.bytes, 0, 0, memory, size, true);
}

/**
 * Writes a child of the synthetic root and its descendants to `index` of a flat tree of `size` nodes and behind.
 * `node` is NULL for an inline one. Offsets are those that the flat tree shall have, in UTF-16 code units. Returns the
 * index behind the last node, or `size` + 1 when there are more nodes than `size`.
 */
EXPORT(copySubtree)
uint32_t copy_subtree(const Tables *tables, const Node *node, uint32_t kind, uint32_t field, uint32_t flags,
                      uint32_t start, uint32_t end, uint32_t *memory, uint32_t size, uint32_t index) {
  if (index >= size) return size + 1;
  const uint32_t descendants = node == NULL || node->child_count == 0 ? 0 : node->visible_descendants;
  const FlatArrays flat = flat_arrays(memory, size);
  flat.starts[index] = start;
  flat.ends[index] = end;
  flat.parents[index] = 0;
  flat.stops[index] = index + 1 + descendants;
  flat.kinds[index] = kind;
  flat.fields[index] = field;
  flat.flags[index] = flags;
  if (descendants == 0) return index + 1;
  return copy_descendants(tables, node, start * 2, index, index + 1, memory, size, false);
}
