/* layout.c: parameters, states or hypers as nested structs of arrays without padding: h.W and h.b become
 *
 *     struct { float W[128][784], b[128]; } h; */
#include "emit/layout.h"
#include "emit/name.h"

#include <string.h>

typedef struct Member {
  const char *name;
  int leaf; /* -1: a struct */
  VEC(struct Member *) members;
} Member;

static Member *member_at(Context *cx, Member *parent, const char *name, bool is_struct) {
  bool clash = false;
  for (int k = 0; k < parent->members.n; k++) {
    Member *m = parent->members.at[k];
    if (strcmp(m->name, name) != 0) continue;
    if (is_struct && m->leaf < 0) return m;
    clash = true;
  }
  bool meets_struct = false; /* a name of an array and of a layer's arrays: x and x.0.W */
  for (int k = 0; k < parent->members.n; k++)
    meets_struct = meets_struct || (parent->members.at[k]->leaf < 0 && strcmp(parent->members.at[k]->name, name) == 0);
  if (clash && (is_struct || meets_struct)) return member_at(cx, parent, arena_printf(cx, "%s_", name), is_struct);
  Member *m = ARENA_NEW(cx, Member);
  *m = (Member){.name = name, .leaf = -1};
  VEC_PUSH(cx, &parent->members, m);
  return m;
}

static int find_access(const Layout *l, int leaf) {
  for (int k = 0; k < l->nleaves; k++)
    if (k != leaf && l->access[k] && strcmp(l->access[k], l->access[leaf]) == 0) return k;
  return -1;
}

static void add_leaf(Context *cx, Layout *l, Member *root, int leaf) {
  const char *path = l->leaves[leaf].path;
  Text access = {.cx = cx};
  Member *m = root;
  for (const char *s = path;;) {
    size_t length = strcspn(s, ".");
    bool last = s[length] == '\0';
    m = member_at(cx, m, c_name(cx, s, length), !last);
    text_printf(&access, "%s%s", s == path ? "" : ".", m->name);
    if (last) break;
    s += length + 1;
  }
  m->leaf = leaf;
  l->access[leaf] = access.data;
  int other = find_access(l, leaf);
  if (other < 0) return;
  error_at(cx, l->leaves[leaf].span, "'%s' and '%s' are both spelled '%s' in C; one needs another name", path,
           l->leaves[other].path, access.data);
  note_at(cx, l->leaves[other].span, "'%s' is declared here", l->leaves[other].path);
}

/* A state with a row for each example has as many as a batch may have. */
static int64_t leaf_extent(const Leaf *leaf, int k) {
  int64_t rest = 1;
  if (leaf->node->axes[k].kind != AXIS_BATCH) return leaf->node->axes[k].extent;
  for (int j = 1; j < leaf->node->naxes; j++) rest *= leaf->node->axes[j].extent;
  return leaf->count / rest;
}

static void print_leaf(Layout *l, const Member *m, Text *out) {
  const Node *n = l->leaves[m->leaf].node;
  text_add(out, m->name);
  for (int k = 0; k < n->naxes; k++) text_printf(out, "[%lld]", (long long)leaf_extent(&l->leaves[m->leaf], k));
  l->offset[m->leaf] = l->floats;
  l->order[l->norder++] = m->leaf;
  l->floats += l->leaves[m->leaf].count;
}

static void print_members(Layout *l, const Member *m, Text *out, int indent) {
  for (int k = 0; k < m->members.n;) {
    const Member *c = m->members.at[k];
    text_printf(out, "%*s", indent, "");
    if (c->leaf < 0) {
      text_add(out, "struct {\n");
      print_members(l, c, out, indent + 4);
      text_printf(out, "%*s} %s;\n", indent, "", c->name);
      k++;
      continue;
    }
    text_add(out, "float ");
    size_t start = out->length;
    for (; k < m->members.n && m->members.at[k]->leaf >= 0 && (out->length == start || out->length < start + 80); k++) {
      if (out->length > start) text_add(out, ", ");
      print_leaf(l, m->members.at[k], out);
    }
    text_add(out, ";\n");
  }
}

Layout *layout_make(Context *cx, const Leaf *leaves, int nleaves, const int *order, const bool *in, const char *type,
                    Text *out) {
  Layout *l = ARENA_NEW(cx, Layout);
  *l = (Layout){.leaves = leaves, .nleaves = nleaves, .type = type};
  l->access = ARENA_ARRAY(cx, const char *, nleaves + 1);
  l->offset = ARENA_ARRAY(cx, int64_t, nleaves + 1);
  l->order = ARENA_ARRAY(cx, int, nleaves + 1);
  Member root = {.leaf = -1};
  for (int k = 0; k < nleaves; k++)
    if (!in || in[order ? order[k] : k]) add_leaf(cx, l, &root, order ? order[k] : k);
  text_add(out, "typedef struct {\n");
  print_members(l, &root, out, 4);
  if (!l->norder) text_add(out, "    float none;\n");
  text_printf(out, "} %s;\n\n", type);
  return l;
}

const char *layout_pointer(Context *cx, const Layout *l, const char *pointer, int leaf, bool writable) {
  int rank = l->leaves[leaf].node->naxes;
  if (rank == 0) return arena_printf(cx, "&%s->%s", pointer, l->access[leaf]);
  if (rank == 1) return arena_printf(cx, "%s->%s", pointer, l->access[leaf]);
  return arena_printf(cx, "(%sfloat *)%s->%s", writable ? "" : "const ", pointer, l->access[leaf]);
}
