"""Names that stand nowhere, in what nnc writes: in: NAME.c, NAME.plan, NAME.dot, NAME.graph (see names.sh); out: a line
for each name that nothing defines, and `N names` at the end.

A comment of generated C may name %7 where a comment before it in the same function, or itself, defines it: `%7[b,i] =
...`; and v7, s7, a7 ... where the code of the function has a variable of that name (a model's own a7 is a7_ there), or
a comment before says that a call computes it: `v7[n,20] from x, h.W`. A plan defines a name on a line before, or the
same; a picture or a graph anywhere."""
import re
import sys

NUMBERED = re.compile(r'(?<![\w.%])(%\d+|[vsatr]\d+)(?![\w.])')
DEFINED = re.compile(r'(?<![\w.])(%\d+|[vsatr]\d+)(?:\[[^\]=]*\])? = ')
PIECE = re.compile(r'/\*.*?\*/|[A-Za-z_]\w*|\n|[{}]', re.S)


def functions(text):
    """Each function as its comments and the words of its code; a comment above it belongs to it."""
    comments, words, depth = [], set(), 0
    for piece in PIECE.findall(text):
        if piece.startswith('/*'):
            comments.append(piece[2:-2])
        elif piece == '{':
            depth += 1
        elif piece == '}':
            depth -= 1
            if depth == 0:
                yield comments, words
                comments, words = [], set()
        elif piece != '\n':
            words.add(piece)


def in_c(text):
    """The names in comments, and those of them that stand nowhere."""
    for comments, words in functions(text):
        known = words | {word[:-1] for word in words if word.endswith('_')}
        for comment in comments:
            call = re.match(r'(.*?) from ', comment, re.S) if ' = ' not in comment else None
            outputs = call.group(1) if call else comment if ' = ' not in comment else ''
            known |= set(DEFINED.findall(comment)) | set(NUMBERED.findall(outputs) if call or '[' in outputs else [])
            for name in NUMBERED.findall(comment):
                yield name, name in known


def in_plan(text):
    known = set()
    for line in text.splitlines():
        if not line.startswith(' '):
            known = set()
        known |= set(re.findall(r'^    (?:carried: )?(%\d+)', line))
        for name in re.findall(r'%\d+', line):
            yield name, name in known


def in_dot(text):
    known = set(re.findall(r'label="(%\d+)', text))
    for name in re.findall(r'%\d+', text):
        yield name, name in known
    nodes = set(re.findall(r'^  (n\d+) \[', text, re.M))
    for edge in re.findall(r'^  (n\d+) -> (n\d+);', text, re.M):
        for name in edge:
            yield name, name in nodes


def in_graph(text):
    for part in re.split(r'^# ', text, flags=re.M):
        known = set(re.findall(r'^(%\d+)', part, re.M))
        for name in re.findall(r'%\d+', part):
            yield name, name in known


READERS = {'c': in_c, 'plan': in_plan, 'dot': in_dot, 'graph': in_graph}

count = 0
for path in sys.argv[1:]:
    with open(path, encoding='utf-8') as file:
        text = file.read()
    unknown = {}
    for name, stands in READERS[path.rsplit('.', 1)[1]](text):
        count += 1
        if not stands:
            unknown[name] = unknown.get(name, 0) + 1
    for name, times in sorted(unknown.items()):
        print(f'{path.rsplit("/", 1)[-1]}: {name} stands nowhere ({times} times)')
print(f'{count} names')
