/* model.h: the tree of a model to a Program.
 *
 * In: the trees of the prelude and of the model's file (syntax/). Out: the Program (graph/program.h), whose roots may
 * still hold NAME, GRAD and STOP nodes: simplify_program replaces them. What is wrong is reported (error_count), and
 * the Program is returned as far as it goes. Kept: nothing but the Program goes on to later stages. */
#ifndef NNC_MODEL_H
#define NNC_MODEL_H

#include "graph/program.h"

#endif
