/* ref_many: many generated models at once against stored results, as tests/judge/ref_c.c does it for one.
 *
 * In: a shared object of generated C; then for each model the prefix of its names and a safetensors file of results.
 * Out: what differs in the first model that differs, each line behind the model's prefix; exit status 1 then. */
#include <dlfcn.h>

#include "../judge/ref_c.c"

int main(int argc, char **argv) {
  void *models = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!models) {
    fprintf(stderr, "ref_many: %s\n", argc > 1 ? dlerror() : "usage: ref_many MODELS.so [PREFIX RESULTS]...");
    return 2;
  }
  for (int k = 2; k + 1 < argc; k += 2) {
    char name[300];
    snprintf(name, sizeof name, "%s_model", argv[k]);
    const nn_model *model = dlsym(models, name);
    printf("%s: ", argv[k]);
    fflush(stdout); /* what is computed may crash */
    if (!model || compare_file(model, argv[k + 1])) return 1;
  }
  return 0;
}
