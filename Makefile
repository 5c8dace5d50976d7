# nnc's build: `make help` lists what can be made.
#
#   make                 build/nnc and build/libnn.a
#   make BLAS=none       portable kernels in place of a BLAS (openblas, cblas or none; the best one found where absent)
#   make SANITIZE=1      the same into build-asan, under AddressSanitizer and UndefinedBehaviorSanitizer
#   make CC=clang BUILD=build-clang
#
# tools/configure.sh looks once for a BLAS and for cmocka; build/config.mk keeps the answer until `make clean` or
# `make deps`.

BUILD     ?= $(if $(SANITIZE),build-asan,build)
PREFIX    ?= /usr/local
DESTDIR   ?=
FLEX      ?= flex
BISON     ?= bison
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all

quiet-goals := clean help deps deps-check format demo check accept machines fuzz
ifneq ($(filter-out $(quiet-goals),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif
ifeq ($(BLAS),)
BLAS := $(BLAS_FOUND)
endif

BLAS_FLAGS_openblas := -DNN_BLAS $(if $(HAVE_LAPACK),-DNN_LAPACK) $(BLAS_INCLUDE)
BLAS_LIBS_openblas  := -lopenblas
BLAS_FLAGS_cblas    := -DNN_BLAS $(BLAS_INCLUDE)
BLAS_LIBS_cblas     := $(or $(BLAS_LIBRARIES),-lcblas -lblas)
ifeq ($(filter openblas cblas none,$(or $(BLAS),none)),)
$(error BLAS=$(BLAS): expected openblas, cblas or none)
endif

comma      := ,
SANITIZERS := $(if $(SANITIZE),-fsanitize=address$(comma)undefined$(comma)float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer)
WARNINGS   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS     ?=
LINK_LIBS  := $(BLAS_LIBS_$(BLAS)) -lz -lm -lpthread

COMPILER_FLAGS = -std=c11 -O2 -g $(WARNINGS) $(SANITIZERS) -Icompiler -I$(BUILD) $(CFLAGS)
RUNTIME_FLAGS  = -std=c11 -O3 -g -fno-math-errno $(WARNINGS) $(SANITIZERS) -DNN_HAVE_ZLIB \
                 $(BLAS_FLAGS_$(BLAS)) -Iruntime/kernels -Iruntime $(CFLAGS)

compiler-objects := $(patsubst compiler/%.c,$(BUILD)/compiler/%.o,$(sort $(wildcard compiler/*.c compiler/*/*.c))) \
                    $(addprefix $(BUILD)/compiler/,lexer.o parser.o prelude.o)
runtime-objects  := $(patsubst runtime/%.c,$(BUILD)/runtime/%.o,$(sort $(wildcard runtime/*/*.c)))
headers          := $(addprefix $(BUILD)/,nn.h nn_math.h nn_gamma.h nn_double.h nn_trace.h nn_tools.h)
installed        := $(headers) $(BUILD)/libnn.a $(BUILD)/nn.link

.PHONY: all
all: $(BUILD)/nnc $(installed)

# ---- the compiler ----

$(BUILD)/nnc: $(compiler-objects)
	$(CC) $(SANITIZERS) $(LDFLAGS) -o $@ $^ -lm

$(BUILD)/compiler/%.o: compiler/%.c $(BUILD)/settings | $(BUILD)/parser.h $(BUILD)/lexer.h
	@mkdir -p $(@D)
	$(CC) $(COMPILER_FLAGS) -MMD -MP -c -o $@ $<

# What flex and bison write has variables, comparisons and calls of POSIX that are not ours to change.
GENERATED_FLAGS := -D_POSIX_C_SOURCE=200809L -Wno-unused-function -Wno-unused-but-set-variable -Wno-sign-compare
$(BUILD)/compiler/%.o: $(BUILD)/%.c $(BUILD)/settings | $(BUILD)/parser.h $(BUILD)/lexer.h
	@mkdir -p $(@D)
	$(CC) $(COMPILER_FLAGS) $(GENERATED_FLAGS) -MMD -MP -c -o $@ $<

# One recipe that makes two files is a pattern rule: any make then runs it once.
$(BUILD)/%.c $(BUILD)/%.h: compiler/syntax/%.y
	@mkdir -p $(@D)
	@command -v $(BISON) >/dev/null || { echo "bison is missing: type make deps" >&2; exit 1; }
	$(BISON) -Wall -Werror --defines=$(BUILD)/$*.h -o $(BUILD)/$*.c $<

$(BUILD)/%.c $(BUILD)/%.h: compiler/syntax/%.l
	@mkdir -p $(@D)
	@command -v $(FLEX) >/dev/null || { echo "flex is missing: type make deps" >&2; exit 1; }
	$(FLEX) --header-file=$(BUILD)/$*.h -o $(BUILD)/$*.c $<

# The prelude is one text, a file for each concern, in this order.
prelude := derivatives rules draws activations matrices losses starts layers convolution pooling normalization recurrence attention optimizers
$(BUILD)/prelude.nn: $(patsubst %,compiler/prelude/%.nn,$(prelude)) Makefile
	@mkdir -p $(@D)
	cat $(filter %.nn,$^) > $@

# As an array of characters: C99 promises string literals of 4095 only.
$(BUILD)/prelude.c: $(BUILD)/prelude.nn
	{ echo '/* From prelude.nn, by the Makefile. */'; \
	  echo 'extern const char prelude_text[];'; echo 'extern const unsigned prelude_length;'; \
	  echo 'const char prelude_text[] = {'; \
	  od -An -v -to1 $< | sed "s/ *\([0-7][0-7]*\)/'\\\\\\1',/g"; \
	  echo "'\\\\000'};"; echo 'const unsigned prelude_length = sizeof prelude_text - 1;'; } > $@

# ---- the runtime ----

$(BUILD)/libnn.a: $(runtime-objects)
	@rm -f $@
	$(AR) qcs $@ $^

$(BUILD)/runtime/%.o: runtime/%.c $(BUILD)/settings
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_FLAGS) -MMD -MP -c -o $@ $<

vpath nn%.h runtime/kernels runtime
$(headers): $(BUILD)/%.h: %.h
	@mkdir -p $(@D)
	cp $< $@

# What a program that uses libnn.a is linked with.
$(BUILD)/nn.link: $(BUILD)/settings
	echo '$(strip $(SANITIZERS) $(LINK_LIBS))' > $@

# ---- settings: everything is made again when the compiler, the flags or the BLAS change ----

$(BUILD)/config.mk: tools/configure.sh
	@mkdir -p $(@D)
	@CC='$(CC)' sh tools/configure.sh > $@

.PHONY: FORCE
$(BUILD)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) | $(CFLAGS) | $(SANITIZERS) | $(BLAS) $(BLAS_FLAGS_$(BLAS)) $(LINK_LIBS)' > $@.new
	@cmp -s $@.new $@ && rm -f $@.new || mv $@.new $@

-include $(wildcard $(BUILD)/compiler/*.d $(BUILD)/compiler/*/*.d $(BUILD)/runtime/*/*.d)

# ---- tools and data of the demo ----

$(BUILD)/tools/%: tools/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -g $(WARNINGS) $(SANITIZERS) -o $@ $< -lm

.PHONY: pictures
pictures: all $(BUILD)/tools/paths
	@BUILD='$(BUILD)' sh tools/optimizers.sh docs

.PHONY: drawings
drawings: $(BUILD)/drawings/train-labels.idx $(BUILD)/tools/show_digits
$(BUILD)/drawings/train-labels.idx: $(BUILD)/tools/drawings
	@mkdir -p $(@D)
	$< $(@D)

# ---- tests: one program for each file of tests/unit that has a main, and the programs of tests/judge that scripts call ----

test-files    := $(sort $(wildcard tests/unit/*/*.c))
test-sources  := $(if $(test-files),$(shell grep -l '^int main' $(test-files)))
test-programs := $(patsubst %.c,$(BUILD)/%,$(test-sources))
fuzzers       := $(BUILD)/tests/fuzz/fuzz $(BUILD)/tests/fuzz/readers
reference     := $(patsubst tests/judge/%.c,$(BUILD)/%,$(wildcard tests/judge/*test.c))
testable      := $(filter-out %/main.o,$(compiler-objects))

.PHONY: tests
tests: all drawings $(reference) $(BUILD)/planted $(BUILD)/tests/random/judge $(fuzzers) $(if $(HAVE_CMOCKA),$(test-programs))

$(BUILD)/libnnc.a: $(testable)
	@rm -f $@
	$(AR) qcs $@ $^

TEST_FLAGS = -std=c11 -O1 -g $(WARNINGS) $(SANITIZERS) -D_POSIX_C_SOURCE=200809L -Icompiler -Iruntime/kernels -Iruntime -I$(BUILD)
TEST_LINK  = $(CC) $(TEST_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(filter %.a,$^)
$(BUILD)/tests/unit/compiler/%: tests/unit/compiler/%.c $(BUILD)/libnnc.a $(BUILD)/libnn.a
	@mkdir -p $(@D)
	$(TEST_LINK) -lcmocka $(LINK_LIBS)
$(BUILD)/tests/%: tests/%.c $(BUILD)/libnn.a
	@mkdir -p $(@D)
	$(TEST_LINK) -lcmocka $(LINK_LIBS)
# Without the BLAS, if nothing calls it: its start takes longer than to read a file.
$(fuzzers): $(BUILD)/tests/%: tests/%.c $(BUILD)/libnn.a
	@mkdir -p $(@D)
	$(TEST_LINK) -Wl,--as-needed $(LINK_LIBS)
$(reference): $(BUILD)/%: tests/judge/%.c $(BUILD)/libnnc.a $(BUILD)/libnn.a
	$(TEST_LINK) $(LINK_LIBS)
$(BUILD)/planted: tests/judge/planted.c $(BUILD)/compiler/main.o $(BUILD)/libnnc.a
	$(CC) $(TEST_FLAGS) -MMD -MP -MF $@.d -Wl,--wrap=prove_equal,--wrap=gradients_check,--wrap=cause_find -o $@ $(filter %.c %.o %.a,$^) -lm
-include $(wildcard $(BUILD)/tests/*/*.d $(BUILD)/tests/*/*/*.d $(BUILD)/*test.d $(BUILD)/planted.d)

# ---- what people type ----

.PHONY: deps deps-check demo check accept install clean format help
deps:
	@CC='$(CC)' sh tools/deps.sh build

deps-check:
	@CC='$(CC)' sh tools/deps.sh check

# The scripts call make themselves: by another name than $(MAKE), or `make -n` would run them.
make-command := $(MAKE)
settings = BUILD='$(BUILD)' CC='$(CC)' CFLAGS='$(CFLAGS)' BLAS='$(BLAS)' SANITIZE='$(SANITIZE)' MAKE='$(make-command)' \
           MAKEFLAGS=

demo:
	@CC='$(CC)' sh tools/deps.sh build
	@$(settings) sh tools/demo.sh

check:
	@CC='$(CC)' sh tools/deps.sh build
	@CC='$(CC)' sh tools/deps.sh check || echo "make check: goes on; the tests that need what is missing are skipped"
	@$(settings) sh tests/run

# Other processors, by qemu: MACHINES="i386 armhf" picks some.
.PHONY: machines
machines:
	@CC='$(CC)' sh tools/deps.sh machines || echo "make machines: goes on; the machines that are missing are skipped"
	@$(make-command) --no-print-directory tests
	@FULL=1 MACHINES='$(or $(MACHINES),x86-64-v2 x86-64-v3 aarch64 armhf i386 s390x)' $(settings) sh tests/run machines.sh

accept:
	@$(settings) sh tests/run --accept

.PHONY: figures
figures: all
	@BUILD='$(BUILD)' python3 tests/training/figures.py $(PAGES)

# Random models: N of them, from SEED; FLAGS for tests/random/run.py (--keep FOLDER keeps the models that differ, --whole
# makes models of whole numbers as indices, at extreme integer data). With
# BUILDS="gcc-native clang-v3 ..." under each of these too (tests/builds.sh); FLAGS=--in-turn: each under one of them.
N    ?= 10000
SEED ?= 1
.PHONY: random
random: all $(BUILD)/tests/random/judge
	@python3 tests/random/run.py --models '$(N)' --seed '$(SEED)' --build '$(BUILD)' $(if $(SANITIZE),--sanitize) \
	  $(if $(BUILDS),--builds '$(BUILDS)') $(FLAGS)

# Random identities: N right ones and N wrong ones, from SEED; FLAGS for tests/identities/identities.py (--show shows wrong ones that hold).
.PHONY: identities
identities: all
	@python3 tests/identities/identities.py --nnc '$(BUILD)/nnc' --count '$(N)' --seed '$(SEED)' $(FLAGS)

# All of what `make check` does for some alone, because it takes long: every model under gcc, clang, the sanitizers and all builds of users.
.PHONY: judges
judges: tests
	@$(settings) WHOLE=1 BUILDS='$(BUILDS)' sh tests/run 'compilers|sanitizers|warnings|references|random.sh|unrolled|edges|masked|program/selftest'

# The judge puts a function of its own in the way of the emitter's: constants with all their digits.
$(BUILD)/tests/random/judge: tests/random/judge.c $(BUILD)/libnnc.a $(BUILD)/libnn.a
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libnnc.a $(BUILD)/libnn.a -Wl,--wrap=c_float,--wrap=c_real $(LINK_LIBS)

# Mutated inputs, BUDGET seconds for each target, under the sanitizers; with AFL++ where it is installed. What breaks is kept in
# build-fuzz/TARGET.
BUDGET  ?= 60
TARGETS ?= compile check prelude data checkpoint
AFL     := $(shell command -v afl-clang-fast)
.PHONY: fuzz mutate-text
fuzz:
	@CC='$(CC)' sh tools/deps.sh fuzz || echo "make fuzz: goes on without AFL++"
	@$(make-command) --no-print-directory SANITIZE=1 BUILD=build-fuzz $(if $(AFL),CC=afl-clang-fast) BLAS=none CFLAGS=-O1 fuzzers-there
	@for t in $(TARGETS); do echo "$$t"; AFL='$(AFL)' sh tests/fuzz/run build-fuzz build-fuzz/found/$$t $$t --seconds $(BUDGET) || bad=1; done; [ -z "$$bad" ]
.PHONY: fuzzers-there
fuzzers-there: all $(fuzzers)
mutate-text: tests
	@sh tests/fuzz/run '$(BUILD)' '$(BUILD)/found/text' text --seconds '$(BUDGET)' --seed '$(SEED)'

# Small mistakes in the compiler, one at a time: does `make check` see each? ONLY='^gemm' picks some by name.
.PHONY: mutants
mutants: tests
	@$(settings) sh tests/mutants/run '$(or $(ONLY),.)'

.PHONY: bench
bench: all
	@BUILD='$(BUILD)' sh tests/bench/run.sh

install: all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/lib' '$(DESTDIR)$(PREFIX)/include'
	install -m 755 $(BUILD)/nnc '$(DESTDIR)$(PREFIX)/bin/nnc'
	install -m 644 $(BUILD)/libnn.a $(BUILD)/nn.link '$(DESTDIR)$(PREFIX)/lib'
	install -m 644 $(headers) '$(DESTDIR)$(PREFIX)/include'
	if [ -f docs/nnc.1 ]; then install -d '$(DESTDIR)$(PREFIX)/share/man/man1'; \
	  install -m 644 docs/nnc.1 '$(DESTDIR)$(PREFIX)/share/man/man1/nnc.1'; fi

clean:
	rm -rf build build-asan build-fuzz $(BUILD)

format:
	clang-format -i $(wildcard compiler/*.[ch] compiler/*/*.[ch] runtime/*.h runtime/*/*.[ch] tools/*.c tests/*/*.[ch] tests/*/*/*.[ch])

help:
	@sed -n 's/^|//p' tools/help.txt
