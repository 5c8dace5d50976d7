#!/usr/bin/env python3
"""Models with a few mistakes of grammar and meaning, and nnc on each: `make mutate-text`.

A model of the repository is cut into tokens and statements; one to four times a name becomes another name, a number one
at the edge, an operator another, an expression is put into a function, an index or parentheses, and statements are left
out, doubled, moved or taken from another model. Whatever comes out, nnc must end with status 0, 1 or 2 and a message,
within 10 s and 1 GB, and what it compiles must be C. In: --seed, --runs or --seconds. Out: the models that broke
something, in --keep; status 1 then."""
import argparse
import os
import random
import re
import resource
import subprocess
import sys
import time

TOKEN = re.compile(r'#[^\n]*|\n|[ \t]+|[A-Za-z_][A-Za-z_0-9]*|'
                   r'[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|"[^"\n]*"|<-|=>|[=!<>]=|[^\w\s]')
EDGES = ['0', '1', '-1', '2', '3', '7', '1e-45', '1e300', '0.5', '2147483647', '2147483648', '65536', '4294967297',
         '1000000', '99999999999']
OPERATORS = ['+', '-', '*', '/', '^', '@', 'mod', '==', '<', '>', '<=', '>=', '!=', 'and', 'or']
WRAPS = ['sum({})', 'max({})', 'exp({})', 'log({})', 'sqrt({})', 'abs({})', 'softmax({})', 'relu({})', '({})\'',
         '-({})', '({})[0]', '({})[i]', 'sum(i) ({})[i]', 'max(i, j) ({})[i, j]', 'mean(batch) {}', 'sum(batch) {}',
         'grad({0}, {0})', 'argmax({})', 'select({0} > 0, {0}, 1)', 'where({0} > 0, 1/{0}, 0)', 'stack({0}, {0})',
         'concat({0}, {0})', 'flatten({})', 'reshape({}, [2, 2])', '({})[i*2 - j]', '({})[0:2]', 'onehot({}, 3)',
         'dense({}, 3)', 'batchnorm({})', 'jacobian({0}, {0})', '({0})^({0})', 'rank({})', '∂L/∂({})', '({})[_]',
         'diag({})']


def tokens(text):
    return TOKEN.findall(text)


def is_name(t):
    return re.match(r'[A-Za-z_]', t)


def is_number(t):
    return t[0].isdigit()


def statements(text):
    """Lines; what is within braces belongs to the line that opens them."""
    out, depth = [], 0
    for line in text.split('\n'):
        if depth > 0 and out:
            out[-1] += '\n' + line
        else:
            out.append(line)
        bare = re.sub(r'#.*', '', line)
        depth = max(0, depth + bare.count('{') - bare.count('}'))
    return out


def change_token(dice, text, others):
    parts = tokens(text)
    names = [k for k, t in enumerate(parts) if is_name(t)]
    numbers = [k for k, t in enumerate(parts) if is_number(t)]
    kind = dice.randrange(5)
    if kind == 0 and numbers:
        parts[dice.choice(numbers)] = dice.choice(EDGES)
    elif kind == 1 and names:
        parts[dice.choice(names)] = parts[dice.choice(names)]
    elif kind == 2 and names:
        other = [t for t in tokens(dice.choice(others)) if is_name(t)]
        parts[dice.choice(names)] = dice.choice(other or ['x'])
    elif kind == 3 and (names or numbers):
        k = dice.choice(names + numbers)
        parts[k] = dice.choice(WRAPS).format(parts[k])
    else:
        signs = [k for k, t in enumerate(parts) if t in OPERATORS]
        if signs:
            parts[dice.choice(signs)] = dice.choice(OPERATORS)
    return ''.join(parts)


def wrap_side(dice, text):
    """The right-hand side of a statement, put into something."""
    lines = statements(text)
    sides = [k for k, line in enumerate(lines) if re.match(r'^\s*(loss |output |metric )?\w+ = ', line)]
    if not sides:
        return text
    k = dice.choice(sides)
    left, right = lines[k].split(' = ', 1)
    lines[k] = left + ' = ' + dice.choice(WRAPS).format(re.sub(r'#.*', '', right).strip())
    return '\n'.join(lines)


def move_statement(dice, text, others):
    lines = statements(text)
    k = dice.randrange(len(lines))
    kind = dice.randrange(5)
    if kind == 0:
        del lines[k]
    elif kind == 1:
        lines.insert(dice.randrange(len(lines)), lines[k])
    elif kind == 2:
        j = dice.randrange(len(lines))
        lines[k], lines[j] = lines[j], lines[k]
    elif kind == 3:
        lines.insert(k, dice.choice(statements(dice.choice(others))))
    else:
        piece = tokens(lines[k])
        a = dice.randrange(len(piece) + 1)
        lines[k] = ''.join(piece[:a] + piece[a + 1 + dice.randrange(3):])
    return '\n'.join(lines)


def mutated(dice, models):
    text = dice.choice(models)
    for _ in range(dice.choice([1, 1, 1, 2, 2, 3, 4])):
        kind = dice.randrange(4)
        if kind == 0:
            text = move_statement(dice, text, models)
        elif kind == 1:
            text = wrap_side(dice, text)
        else:
            text = change_token(dice, text, models)
    return text


def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (10, 11))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(words):
    """What is wrong with how it went, or None; and the status."""
    p = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         preexec_fn=limits)
    said = p.stdout.read().decode('utf-8', 'replace')
    _, status, use = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode < 0:
        return 'signal %d: %s' % (-p.returncode, said[-300:]), p.returncode
    if p.returncode > 2:
        return 'status %d: %s' % (p.returncode, said[-300:]), p.returncode
    if use.ru_maxrss > 1 << 20:
        return '%d MB' % (use.ru_maxrss >> 10), p.returncode
    if p.returncode and not said.strip():
        return 'status %d without a word' % p.returncode, p.returncode
    return None, p.returncode


def judge(dice, arguments, model):
    """nnc on it, seldom `nnc check`; and now and then a compiler on what it wrote."""
    nnc = os.path.join(arguments.build, 'nnc')
    out = os.path.join(arguments.keep, 'mutant.c')
    if dice.random() < 0.3:
        return run([nnc, 'check', model])[0]
    wrong, status = run([nnc, model, '-o', out])
    if wrong or status or dice.random() > 0.2:
        return wrong
    strict = ['-std=c99', '-Wall', '-Wextra', '-pedantic', '-Wvla', '-Wshadow', '-Wconversion', '-Wdouble-promotion',
              '-Werror']
    p = subprocess.run(['gcc', *strict, '-Iruntime/kernels', '-O1', '-c', '-o', '/dev/null', out],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return 'the C does not compile: ' + p.stdout.decode('utf-8', 'replace')[:600] if p.returncode else None


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--seed', type=int, default=1)
    a.add_argument('--runs', type=int, default=1 << 60)
    a.add_argument('--seconds', type=float, default=1e9)
    a.add_argument('--keep', default='.')
    a.add_argument('--build', default='build')
    a.add_argument('models', nargs='+')
    arguments = a.parse_args()
    dice = random.Random(arguments.seed)
    models = [text for text in (open(name, encoding='utf-8').read() for name in arguments.models) if len(text) < 6000]
    begun, done, found = time.time(), 0, 0
    model = os.path.join(arguments.keep, 'mutant.nn')
    while done < arguments.runs and time.time() - begun < arguments.seconds:
        text = mutated(dice, models)
        with open(model, 'w', encoding='utf-8') as f:
            f.write(text)
        wrong = judge(dice, arguments, model)
        done += 1
        if wrong:
            kept = os.path.join(arguments.keep, 'mutant-%d.nn' % found)
            os.replace(model, kept)
            found += 1
            print('%s: %s' % (kept, wrong), flush=True)
    print('%d inputs, %d found' % (done, found))
    return found > 0


if __name__ == '__main__':
    sys.exit(main())
