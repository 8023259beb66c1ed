/* A training of a small network, written by hand once more, as fast as we can: two relu layers, one
   linear output, hinge loss, sgd, an L2 penalty, all examples in each step. Other than in mlp.c, a
   lane is a neuron: no lane stands empty, and a gradient is added up in a register and not over
   lanes. An example whose hinge is inactive sends nothing back, and is left out of the way back.
   Tiles of some examples times sixteen neurons stay in registers, for which it takes AVX-512.

   Compile with -DN=100 -DW0=2 -DW1=16 -DW2=16; W1 and W2 are multiples of 16.
   The weights of a layer are a row per neuron, then the biases. */

#define LANES 8
typedef double lanes __attribute__((vector_size(8 * LANES), aligned(8 * LANES)));
typedef long long mask __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")

#define TILE 10   /* examples on the way forward: twice as many sums */
#define BACK 4    /* examples on the way back, of which there are few */
#define NEURONS 8 /* neurons whose gradients are added up at once */
#define V ((N + LANES - 1) / LANES)
#define ROWS (V * LANES + TILE)

typedef union { lanes v[W1 / LANES]; double at[W1]; } first;
typedef union { lanes v[W2 / LANES]; double at[W2]; } second;
typedef union { lanes v[V]; double at[V * LANES]; } examples;

/* The weights as a step reads them: w1 both ways, a row per input and a row per neuron. */
static first w0[W0], b0, w1_back[W2];
static second w1[W1], b1, w2;
static double b2;

static double x[ROWS + 1][W0]; /* the last row is an example of nothing, to fill up a tile */
static first h1[ROWS + 1];
static second h2[ROWS + 1], d2[ROWS + BACK];
static lanes products[ROWS];
static examples target, weight, slopes;
static int active[ROWS + BACK];

INLINE lanes all(double a) { return a - (lanes){0}; }
INLINE lanes where_positive(lanes c, lanes a) { return (lanes)((mask)(c > 0.0) & (mask)a); }
INLINE lanes relu(lanes a) { return where_positive(a, a); }

/* The sums of the lanes of eight vectors, as one vector. */
INLINE lanes sums(const lanes *a) {
  lanes p[4], q[2];
  UNROLL for (int i = 0; i < 4; i++)
    p[i] = __builtin_shuffle(a[2 * i], a[2 * i + 1], (mask){0, 8, 2, 10, 4, 12, 6, 14}) +
           __builtin_shuffle(a[2 * i], a[2 * i + 1], (mask){1, 9, 3, 11, 5, 13, 7, 15});
  UNROLL for (int i = 0; i < 2; i++)
    q[i] = __builtin_shuffle(p[2 * i], p[2 * i + 1], (mask){0, 1, 8, 9, 4, 5, 12, 13}) +
           __builtin_shuffle(p[2 * i], p[2 * i + 1], (mask){2, 3, 10, 11, 6, 7, 14, 15});
  return __builtin_shuffle(q[0], q[1], (mask){0, 1, 2, 3, 8, 9, 10, 11}) +
         __builtin_shuffle(q[0], q[1], (mask){4, 5, 6, 7, 12, 13, 14, 15});
}
INLINE double sum(lanes a) {
  lanes alone[8] = {a};
  return sums(alone)[0];
}

/* Eight weights take a step; the squares before it are added to the penalty. */
INLINE void update(lanes *w, lanes g, double rate, double alpha, lanes *squares) {
  lanes now = *w;
  *squares += now * now;
  *w = now - rate * (g + 2.0 * alpha * now);
}

/* A tile of examples from x to the products whose sums are the scores. */
INLINE void forward(int e) {
  UNROLL for (int i = 0; i < W1 / LANES; i++) {
    UNROLL for (int j = 0; j < TILE; j++) {
      lanes h = b0.v[i];
      UNROLL for (int a = 0; a < W0; a++) h += w0[a].v[i] * x[e + j][a];
      h1[e + j].v[i] = relu(h);
    }
  }
  UNROLL for (int j = 0; j < TILE; j++) products[e + j] = all(0.0);
  for (int i = 0; i < W2 / LANES; i += 2) {
    lanes acc[TILE][2];
    UNROLL for (int j = 0; j < TILE; j++) acc[j][0] = b1.v[i], acc[j][1] = b1.v[i + 1];
    _Pragma("GCC unroll 2") for (int k = 0; k < W1; k++) {
      lanes p = w1[k].v[i], q = w1[k].v[i + 1];
      UNROLL for (int j = 0; j < TILE; j++) {
        lanes h = all(h1[e + j].at[k]);
        acc[j][0] += p * h, acc[j][1] += q * h;
      }
    }
    UNROLL for (int j = 0; j < TILE; j++) {
      lanes p = relu(acc[j][0]), q = relu(acc[j][1]);
      h2[e + j].v[i] = p, h2[e + j].v[i + 1] = q;
      products[e + j] += p * w2.v[i] + q * w2.v[i + 1];
    }
  }
}

/* The losses, summed; note the slopes, and which examples have one. */
INLINE double loss(double share, int *count) {
  lanes total = all(0.0);
  int found = 0;
  for (int v = 0; v < V; v++) {
    lanes margin = weight.v[v] - target.v[v] * (sums(products + v * LANES) + b2);
    total += relu(margin);
    slopes.v[v] = where_positive(margin, -share * target.v[v]);
    for (int l = 0; l < LANES; l++) {
      active[found] = v * LANES + l;
      found += slopes.at[v * LANES + l] != 0.0;
    }
  }
  *count = found;
  return sum(total);
}

/* From the slopes of the active examples to the weights, which take their step. */
INLINE void backward(int count, double rate, double alpha, lanes *squares) {
  first gb0 = {0}, g0[W0] = {0};
  second gb1 = {0}, g2 = {0};
  double gb2 = 0.0;
  while (count % BACK) active[count++] = ROWS;
  for (int n = 0; n < count; n++) {
    int e = active[n];
    double slope = e < ROWS ? slopes.at[e] : 0.0;
    gb2 += slope;
    UNROLL for (int i = 0; i < W2 / LANES; i++) {
      lanes h = h2[e].v[i], d = where_positive(h, slope * w2.v[i]);
      g2.v[i] += slope * h;
      gb1.v[i] += d;
      d2[n].v[i] = d;
    }
  }
  for (int n = 0; n < count; n += BACK)
    for (int k = 0; k < W1 / LANES; k += 2) {
      lanes acc[BACK][2];
      UNROLL for (int j = 0; j < BACK; j++) acc[j][0] = acc[j][1] = all(0.0);
      _Pragma("GCC unroll 2") for (int i = 0; i < W2; i++) {
        lanes p = w1_back[i].v[k], q = w1_back[i].v[k + 1];
        UNROLL for (int j = 0; j < BACK; j++) {
          lanes d = all(d2[n + j].at[i]);
          acc[j][0] += p * d, acc[j][1] += q * d;
        }
      }
      UNROLL for (int j = 0; j < BACK; j++) UNROLL for (int o = 0; o < 2; o++) {
        int e = active[n + j];
        lanes d = where_positive(h1[e].v[k + o], acc[j][o]);
        gb0.v[k + o] += d;
        UNROLL for (int a = 0; a < W0; a++) g0[a].v[k + o] += d * x[e][a];
      }
    }
  for (int i = 0; i < W2; i += NEURONS)
    for (int k = 0; k < W1 / LANES; k += 2) {
      lanes acc[NEURONS][2];
      UNROLL for (int r = 0; r < NEURONS; r++) acc[r][0] = acc[r][1] = all(0.0);
      for (int n = 0; n < count; n++) {
        lanes p = h1[active[n]].v[k], q = h1[active[n]].v[k + 1];
        UNROLL for (int r = 0; r < NEURONS; r++) {
          lanes d = all(d2[n].at[i + r]);
          acc[r][0] += p * d, acc[r][1] += q * d;
        }
      }
      UNROLL for (int r = 0; r < NEURONS; r++) UNROLL for (int o = 0; o < 2; o++)
        update(&w1_back[i + r].v[k + o], acc[r][o], rate, alpha, squares);
    }
  UNROLL for (int k = 0; k < W1 / LANES; k++) {
    UNROLL for (int a = 0; a < W0; a++) update(&w0[a].v[k], g0[a].v[k], rate, alpha, squares);
    update(&b0.v[k], gb0.v[k], rate, alpha, squares);
  }
  UNROLL for (int i = 0; i < W2 / LANES; i++) {
    update(&w2.v[i], g2.v[i], rate, alpha, squares);
    update(&b1.v[i], gb1.v[i], rate, alpha, squares);
  }
  b2 -= rate * (gb2 + 2.0 * alpha * b2);
}

/* Eight rows of eight numbers, the other way. */
INLINE void turn(lanes *a) {
  lanes p[8], q[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    p[i] = __builtin_shuffle(a[i], a[i + 1], (mask){0, 8, 2, 10, 4, 12, 6, 14});
    p[i + 1] = __builtin_shuffle(a[i], a[i + 1], (mask){1, 9, 3, 11, 5, 13, 7, 15});
  }
  UNROLL for (int i = 0; i < 8; i += 4) UNROLL for (int o = 0; o < 2; o++) {
    q[i + o] = __builtin_shuffle(p[i + o], p[i + o + 2], (mask){0, 1, 8, 9, 4, 5, 12, 13});
    q[i + o + 2] = __builtin_shuffle(p[i + o], p[i + o + 2], (mask){2, 3, 10, 11, 6, 7, 14, 15});
  }
  UNROLL for (int o = 0; o < 4; o++) {
    a[o] = __builtin_shuffle(q[o], q[o + 4], (mask){0, 1, 2, 3, 8, 9, 10, 11});
    a[o + 4] = __builtin_shuffle(q[o], q[o + 4], (mask){4, 5, 6, 7, 12, 13, 14, 15});
  }
}

/* w1 a row per input, from w1 a row per neuron. */
INLINE void turn_weights(void) {
  for (int i = 0; i < W2 / LANES; i++)
    for (int k = 0; k < W1 / LANES; k++) {
      lanes a[8];
      UNROLL for (int r = 0; r < 8; r++) a[r] = w1_back[LANES * i + r].v[k];
      turn(a);
      UNROLL for (int r = 0; r < 8; r++) w1[LANES * k + r].v[i] = a[r];
    }
}

static double step(double rate, double alpha) {
  lanes squares = all(0.0);
  double share = 1.0 / N, last = b2;
  int count;
  for (int e = 0; e < N; e += TILE) forward(e);
  double total = loss(share, &count);
  backward(count, rate, alpha, &squares);
  turn_weights();
  return total * share + alpha * (sum(squares) + last * last);
}

/* The weights from a row per neuron to what a step reads, or back. */
static void exchange(double *w, int out) {
#define EXCHANGE(mine) (out ? (void)(*w = (mine)) : (void)((mine) = *w), w++)
  for (int i = 0; i < W1; i++)
    for (int a = 0; a < W0; a++) EXCHANGE(w0[a].at[i]);
  for (int i = 0; i < W1; i++) EXCHANGE(b0.at[i]);
  for (int i = 0; i < W2; i++)
    for (int k = 0; k < W1; k++) EXCHANGE(w1_back[i].at[k]);
  for (int i = 0; i < W2; i++) EXCHANGE(b1.at[i]);
  for (int i = 0; i < W2; i++) EXCHANGE(w2.at[i]);
  EXCHANGE(b2);
}

/* Train; the arguments are those of mlp.c, but there are no batches. */
void train(int n, const double *rows, const double *targets, int size, const int *batches,
           int steps, const double *rates, double alpha, double *w, double *losses) {
  (void)size, (void)batches;
  for (int e = 0; e < n; e++) { /* a lane without an example holds zeros */
    for (int a = 0; a < W0; a++) x[e][a] = rows[e * W0 + a];
    target.at[e] = targets[e];
    weight.at[e] = 1.0;
  }
  exchange(w, 0);
  turn_weights();
  for (int k = 0; k < steps; k++) losses[k] = step(rates[k], alpha);
  exchange(w, 1);
}
