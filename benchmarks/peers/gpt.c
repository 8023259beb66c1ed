/* A GPT of one layer, written by hand: training, fused with Adam, and drawing with cached keys.

   Tuned for vectors of eight doubles: a linear map reads its weights once for T positions side by
   side, whose sums stay in registers; attention has a query in each lane, so that softmax needs no
   sums across lanes; the gradients of weights are added up over the positions of a document before
   they meet memory. All sizes are constants; documents are as long as they are, filled up to T.

   Compile with -DV=27 -DD=16 -DH=4 -DC=16, in double precision; D and C are multiples of 8.
   Weights: tokens, positions, head, query, key, value, output, widen (4D x D), narrow (D x 4D). */

#include <math.h>
#include <string.h>

#define W 8
#define T 4
#define NEVER -600.0 /* of a score that is not there: exp of it is nothing, and needs no slow path */
#define F (4 * D)
#define S (D / H)
#define VP ((V + W - 1) / W * W) /* the vocabulary in whole vectors; weights of nobody are 0 */
#define ALIGNED __attribute__((aligned(64)))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

_Static_assert(D % W == 0 && C % W == 0, "the embedding and the context are multiples of 8");

typedef double vec __attribute__((vector_size(8 * W), may_alias));
#define AT(address) (*(vec *)(address))
#define ALL(table) ((double *)(table))

enum {
  TOKENS = 0, POSITIONS = TOKENS + V * D, HEAD = POSITIONS + C * D, QUERY = HEAD + VP * D,
  KEY = QUERY + D * D, CONTENT = KEY + D * D, OUTPUT = CONTENT + D * D, WIDEN = OUTPUT + D * D,
  NARROW = WIDEN + F * D, COUNT = NARROW + D * F
};

static double p[COUNT] ALIGNED, q[COUNT] ALIGNED, g[COUNT] ALIGNED; /* q: transposed */
static double m1[COUNT] ALIGNED, m2[COUNT] ALIGNED;
typedef double rows[C][D] ALIGNED;
static rows x0, n1, qs, ks, vs, found, x1, n2, x2, dx0, dn1, dq, dk, dv, df, dx1, dn2, dx2;
static double wide[C][F] ALIGNED, dwide[C][F] ALIGNED, z[C][VP] ALIGNED;
static double weight[H][C][C] ALIGNED; /* head, key, query */
static double turned[D][C] ALIGNED;    /* queries, or gradients of what they found: a lane each */
static double r0[C], r1[C], r2[C];

INLINE void transpose(int at, int rows, int columns) {
  for (int j = 0; j < columns; j++)
    for (int i = 0; i < rows; i++) q[at + j * rows + i] = p[at + i * columns + j];
}
/* out[t] = x[t] w, or added to it: n positions, K numbers into N, count of them side by side */
INLINE void tile(int count, int K, int N, const double *x, const double *w, double *out, int add) {
  for (int b = 0; b < N; b += 4 * W) {
    int vectors = N - b < 4 * W ? (N - b) / W : 4;
    vec acc[T][4];
    UNROLL for (int t = 0; t < count; t++)
      UNROLL for (int v = 0; v < vectors; v++)
        acc[t][v] = add ? AT(out + t * N + b + v * W) : (vec){0};
    for (int k = 0; k < K; k++)
      UNROLL for (int t = 0; t < count; t++)
        UNROLL for (int v = 0; v < vectors; v++)
          acc[t][v] += x[t * K + k] * AT(w + k * N + b + v * W);
    UNROLL for (int t = 0; t < count; t++)
      UNROLL for (int v = 0; v < vectors; v++) AT(out + t * N + b + v * W) = acc[t][v];
  }
}
INLINE void product(int n, int K, int N, const double *x, const double *w, double *out, int add) {
  for (int t = 0; t < n; t += T) tile(T, K, N, x + t * K, w, out + t * N, add);
}
/* dW += sum over positions of dy x' */
INLINE void outer(int at, int rows, int columns, int n, const double *dy, const double *x) {
  for (int i = 0; i < rows; i += 4)
    for (int b = 0; b < columns; b += 4 * W) {
      int vectors = columns - b < 4 * W ? (columns - b) / W : 4;
      double *to = g + at + i * columns + b;
      vec acc[4][4];
      UNROLL for (int r = 0; r < 4; r++)
        UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = AT(to + r * columns + v * W);
      for (int t = 0; t < n; t++)
        UNROLL for (int r = 0; r < 4; r++)
          UNROLL for (int v = 0; v < vectors; v++)
            acc[r][v] += dy[t * rows + i + r] * AT(x + t * columns + b + v * W);
      UNROLL for (int r = 0; r < 4; r++)
        UNROLL for (int v = 0; v < vectors; v++) AT(to + r * columns + v * W) = acc[r][v];
    }
}
INLINE double norm(const double *x, double *out) {
  double square = 0.0;
  for (int j = 0; j < D; j++) square += x[j] * x[j];
  double r = 1.0 / sqrt(square / D + 1e-5);
  for (int j = 0; j < D; j++) out[j] = x[j] * r;
  return r;
}
INLINE void norm_back(const double *out, double r, const double *dout, double *dx) {
  double dot = 0.0;
  for (int j = 0; j < D; j++) dot += dout[j] * out[j];
  dot /= D;
  for (int j = 0; j < D; j++) dx[j] += r * (dout[j] - out[j] * dot);
}
INLINE void turn(int n, rows from) {
  for (int t = 0; t < n; t++)
    for (int j = 0; j < D; j++) turned[j][t] = from[t][j];
}

/* Softmax over the keys s <= t, for the queries of L vectors, and what they find. */
INLINE void attend(int n, int L) {
  turn(n, qs);
  for (int h = 0; h < H; h++)
    for (int l = 0; l < L * W; l += W) {
      double most[W] ALIGNED, whole[W] ALIGNED;
      for (int i = 0; i < W; i++) most[i] = NEVER, whole[i] = 0.0;
      for (int s = 0; s < n; s++) {
        double *w = weight[h][s] + l;
        double dot[W] ALIGNED = {0};
        for (int j = 0; j < S; j++)
          for (int i = 0; i < W; i++) dot[i] += ks[s][h * S + j] * turned[h * S + j][l + i];
        for (int i = 0; i < W; i++) w[i] = s <= l + i ? dot[i] * (1.0 / sqrt((double)S)) : NEVER;
        for (int i = 0; i < W; i++) most[i] = w[i] > most[i] ? w[i] : most[i];
      }
      for (int s = 0; s < n; s++) {
        double *w = weight[h][s] + l;
        for (int i = 0; i < W; i++) w[i] = exp(w[i] - most[i]);
        for (int i = 0; i < W; i++) whole[i] += w[i];
      }
      for (int i = 0; i < W; i++) whole[i] = 1.0 / whole[i];
      for (int s = 0; s < n; s++)
        for (int i = 0; i < W; i++) weight[h][s][l + i] *= whole[i];
    }
  for (int t = 0; t < n; t++)
    for (int h = 0; h < H; h++) {
      double acc[S];
      for (int j = 0; j < S; j++) acc[j] = 0.0;
      for (int s = 0; s <= t; s++)
        for (int j = 0; j < S; j++) acc[j] += weight[h][s][t] * vs[s][h * S + j];
      for (int j = 0; j < S; j++) found[t][h * S + j] = acc[j];
    }
}
/* From the gradients of what was found to those of queries, keys and contents. */
INLINE void attend_back(int n, int L) {
  turn(n, df);
  for (int h = 0; h < H; h++) {
    double d[C][L * W] ALIGNED;
    for (int l = 0; l < L * W; l += W) {
      double dot[W] ALIGNED = {0};
      for (int s = 0; s < n; s++) {
        double sum[W] ALIGNED = {0};
        for (int j = 0; j < S; j++)
          for (int i = 0; i < W; i++) sum[i] += vs[s][h * S + j] * turned[h * S + j][l + i];
        for (int i = 0; i < W; i++) d[s][l + i] = sum[i];
        for (int i = 0; i < W; i++) dot[i] += sum[i] * weight[h][s][l + i];
      }
      for (int s = 0; s < n; s++)
        for (int i = 0; i < W; i++)
          d[s][l + i] = weight[h][s][l + i] * (d[s][l + i] - dot[i]) * (1.0 / sqrt((double)S));
    }
    for (int s = 0; s < n; s++) {
      double key[S], content[S];
      for (int j = 0; j < S; j++) key[j] = content[j] = 0.0;
      for (int t = s; t < n; t++) {
        for (int j = 0; j < S; j++) key[j] += d[s][t] * qs[t][h * S + j];
        for (int j = 0; j < S; j++) content[j] += weight[h][s][t] * df[t][h * S + j];
      }
      for (int j = 0; j < S; j++) dk[s][h * S + j] = key[j];
      for (int j = 0; j < S; j++) dv[s][h * S + j] = content[j];
    }
    for (int t = 0; t < n; t++) {
      double query[S];
      for (int j = 0; j < S; j++) query[j] = 0.0;
      for (int s = 0; s <= t; s++)
        for (int j = 0; j < S; j++) query[j] += d[s][t] * ks[s][h * S + j];
      for (int j = 0; j < S; j++) dq[t][h * S + j] = query[j];
    }
  }
}

static double document(const int *tokens, int n, double share) {
  int full = (n + T - 1) / T * T, vectors = n > W ? C / W : 1;
  rows e ALIGNED;
  for (int t = 0; t < n; t++) {
    for (int j = 0; j < D; j++) e[t][j] = p[TOKENS + tokens[t] * D + j] + p[POSITIONS + t * D + j];
    r0[t] = norm(e[t], x0[t]);
    r1[t] = norm(x0[t], n1[t]);
  }
  product(full, D, D, ALL(n1), q + QUERY, ALL(qs), 0);
  product(full, D, D, ALL(n1), q + KEY, ALL(ks), 0);
  product(full, D, D, ALL(n1), q + CONTENT, ALL(vs), 0);
  if (vectors == 1) attend(n, 1); else attend(n, C / W);
  memcpy(x1, x0, sizeof(double) * n * D);
  product(full, D, D, ALL(found), q + OUTPUT, ALL(x1), 1);
  for (int t = 0; t < n; t++) r2[t] = norm(x1[t], n2[t]);
  product(full, D, F, ALL(n2), q + WIDEN, ALL(wide), 0);
  double *on = ALL(wide), *back = ALL(dwide);
  for (int i = 0; i < full * F; i++) on[i] = on[i] > 0.0 ? on[i] : 0.0;
  memcpy(x2, x1, sizeof(double) * n * D);
  product(full, F, D, ALL(wide), q + NARROW, ALL(x2), 1);
  product(full, D, VP, ALL(x2), q + HEAD, ALL(z), 0);
  double cost = 0.0;
  for (int t = 0; t < n; t++) {
    double most = z[t][0], whole = 0.0, chosen = z[t][tokens[t + 1]];
    for (int k = V; k < VP; k++) z[t][k] = NEVER;
    for (int k = 0; k < VP; k++) most = z[t][k] > most ? z[t][k] : most;
    for (int k = 0; k < VP; k++) z[t][k] = exp(z[t][k] - most);
    for (int k = 0; k < VP; k++) whole += z[t][k];
    cost += most + log(whole) - chosen;
    double scale = share / n / whole;
    for (int k = 0; k < VP; k++) z[t][k] *= scale;
    z[t][tokens[t + 1]] -= share / n;
  }
  product(full, VP, D, ALL(z), p + HEAD, ALL(dx2), 0);
  product(full, D, F, ALL(dx2), p + NARROW, ALL(dwide), 0);
  for (int i = 0; i < full * F; i++) back[i] = on[i] > 0.0 ? back[i] : 0.0;
  product(full, F, D, ALL(dwide), p + WIDEN, ALL(dn2), 0);
  memcpy(dx1, dx2, sizeof(double) * n * D);
  for (int t = 0; t < n; t++) norm_back(n2[t], r2[t], dn2[t], dx1[t]);
  product(full, D, D, ALL(dx1), p + OUTPUT, ALL(df), 0);
  if (vectors == 1) attend_back(n, 1); else attend_back(n, C / W);
  product(full, D, D, ALL(dq), p + QUERY, ALL(dn1), 0);
  product(full, D, D, ALL(dk), p + KEY, ALL(dn1), 1);
  product(full, D, D, ALL(dv), p + CONTENT, ALL(dn1), 1);
  memcpy(dx0, dx1, sizeof(double) * n * D);
  for (int t = 0; t < n; t++) {
    double de[D] ALIGNED = {0};
    norm_back(n1[t], r1[t], dn1[t], dx0[t]);
    norm_back(x0[t], r0[t], dx0[t], de);
    for (int j = 0; j < D; j++) g[TOKENS + tokens[t] * D + j] += de[j];
    for (int j = 0; j < D; j++) g[POSITIONS + t * D + j] += de[j];
  }
  outer(HEAD, VP, D, n, ALL(z), ALL(x2));
  outer(NARROW, D, F, n, ALL(dx2), ALL(wide));
  outer(WIDEN, F, D, n, ALL(dwide), ALL(n2));
  outer(OUTPUT, D, D, n, ALL(dx1), ALL(found));
  outer(QUERY, D, D, n, ALL(dq), ALL(n1));
  outer(KEY, D, D, n, ALL(dk), ALL(n1));
  outer(CONTENT, D, D, n, ALL(dv), ALL(n1));
  return cost / n;
}

static void taken(const double *weights) {
  memset(p, 0, sizeof p);
  memcpy(p, weights, sizeof(double) * (HEAD + V * D));
  memcpy(p + QUERY, weights + HEAD + V * D, sizeof(double) * (COUNT - QUERY));
}
static void turned_weights(void) {
  transpose(HEAD, VP, D), transpose(QUERY, D, D), transpose(KEY, D, D), transpose(CONTENT, D, D);
  transpose(OUTPUT, D, D), transpose(WIDEN, F, D), transpose(NARROW, D, F);
}

/* Documents: rows of C + 1 tokens, -1 behind the last. */
void train(const int *documents, int batch, int steps, const double *rates, double *weights,
           double *losses) {
  taken(weights);
  memset(m1, 0, sizeof m1), memset(m2, 0, sizeof m2);
  double b1 = 1.0, b2 = 1.0;
  for (int step = 0; step < steps; step++) {
    double cost = 0.0;
    memset(g, 0, sizeof g);
    turned_weights();
    for (int b = 0; b < batch; b++) {
      const int *tokens = documents + ((long)step * batch + b) * (C + 1);
      int n = 0;
      while (n < C && tokens[n + 1] >= 0) n++;
      cost += document(tokens, n, 1.0 / batch);
    }
    losses[step] = cost / batch;
    b1 *= 0.85, b2 *= 0.99;
    double c1 = rates[step] / (1.0 - b1), c2 = 1.0 / (1.0 - b2);
    for (int i = 0; i < COUNT; i++) {
      m1[i] = 0.85 * m1[i] + 0.15 * g[i];
      m2[i] = 0.99 * m2[i] + 0.01 * g[i] * g[i];
      p[i] -= m1[i] * c1 / (sqrt(m2[i] * c2) + 1e-8);
    }
  }
  memcpy(weights, p, sizeof(double) * (HEAD + V * D));
  memcpy(weights + HEAD + V * D, p + QUERY, sizeof(double) * (COUNT - QUERY));
}

/* The scores behind one more token; keys and contents of those before it are there. */
INLINE void scores_behind(int token, int t) {
  double e[D] ALIGNED;
  for (int j = 0; j < D; j++) e[j] = p[TOKENS + token * D + j] + p[POSITIONS + t * D + j];
  norm(e, x0[0]), norm(x0[0], n1[0]);
  tile(1, D, D, ALL(n1), q + QUERY, ALL(qs), 0);
  tile(1, D, D, ALL(n1), q + KEY, ks[t], 0);
  tile(1, D, D, ALL(n1), q + CONTENT, vs[t], 0);
  for (int h = 0; h < H; h++) {
    double w[C], most = NEVER, whole = 0.0, acc[S];
    for (int s = 0; s <= t; s++) {
      double dot = 0.0;
      for (int j = 0; j < S; j++) dot += qs[0][h * S + j] * ks[s][h * S + j];
      w[s] = dot * (1.0 / sqrt((double)S));
      most = w[s] > most ? w[s] : most;
    }
    for (int s = t + 1; s < C; s++) w[s] = NEVER;
    for (int s = 0; s < C; s++) w[s] = exp(w[s] - most);
    for (int s = 0; s < C; s++) whole += w[s];
    for (int j = 0; j < S; j++) acc[j] = 0.0;
    for (int s = 0; s <= t; s++)
      for (int j = 0; j < S; j++) acc[j] += w[s] * vs[s][h * S + j];
    for (int j = 0; j < S; j++) found[0][h * S + j] = acc[j] / whole;
  }
  memcpy(x1[0], x0[0], sizeof x1[0]);
  tile(1, D, D, ALL(found), q + OUTPUT, ALL(x1), 1);
  norm(x1[0], n2[0]);
  tile(1, D, F, ALL(n2), q + WIDEN, ALL(wide), 0);
  for (int i = 0; i < F; i++) wide[0][i] = wide[0][i] > 0.0 ? wide[0][i] : 0.0;
  memcpy(x2[0], x1[0], sizeof x2[0]);
  tile(1, F, D, ALL(wide), q + NARROW, ALL(x2), 1);
  tile(1, D, VP, ALL(x2), q + HEAD, ALL(z), 0);
}

/* Draw documents: a number from 0 to 1 for each token, one after another; where a document has
   ended stands `boundary`, unless the context was full. Returns how many tokens there are. */
int draw(const double *weights, const double *uniforms, int documents, double temperature,
         int boundary, int *drawn) {
  taken(weights);
  turned_weights();
  int used = 0;
  for (int d = 0; d < documents; d++) {
    int token = boundary;
    for (int t = 0; t < C; t++) {
      double most = NEVER, whole = 0.0;
      scores_behind(token, t);
      for (int k = V; k < VP; k++) z[0][k] = NEVER;
      for (int k = 0; k < VP; k++) z[0][k] /= temperature;
      for (int k = 0; k < VP; k++) most = z[0][k] > most ? z[0][k] : most;
      for (int k = 0; k < VP; k++) z[0][k] = exp(z[0][k] - most);
      for (int k = 0; k < V; k++) z[0][k] = whole += z[0][k];
      double limit = uniforms[used] * whole;
      token = 0;
      for (int k = 0; k < V - 1; k++) token += z[0][k] <= limit;
      drawn[used++] = token;
      if (token == boundary) break;
    }
  }
  return used;
}
