/* SPDX-License-Identifier: MIT */
/* test_metrics.c - what is counted is there, from any thread. */
#include <pthread.h>

#include "server/api/route.h"
#include "server/observe/metrics.h"
#include "tests/unit/unit.h"

#define THREADS	 4
#define REQUESTS 500000

static struct metrics *metrics;

static void start(void)
{
	ok(metrics_new(&metrics, &error));
}

static void stop(void)
{
	metrics_free(metrics);
}

START_TEST(a_bound_belongs_to_its_bucket)
{
	metrics_commit(metrics, 2, 100);
	metrics_commit(metrics, 3, 101);
	ck_assert_uint_eq(metrics->batch.buckets[1], 1);
	ck_assert_uint_eq(metrics->batch.buckets[2], 1);
	ck_assert_uint_eq(metrics->batch.sum, 5);
	ck_assert_uint_eq(metrics->commit.buckets[0], 1);
	ck_assert_uint_eq(metrics->commit.buckets[1], 1);
	ck_assert_uint_eq(metrics->commit.sum, 201);
}
END_TEST

START_TEST(what_is_beyond_all_bounds_is_counted)
{
	metrics_commit(metrics, 257, 1200000001);
	ck_assert_uint_eq(metrics->batch.buckets[metrics_jobs.count], 1);
	ck_assert_uint_eq(metrics->commit.buckets[metrics_seconds.count], 1);
	ck_assert_uint_eq(metrics->commit.sum, 1200000001);
}
END_TEST

START_TEST(the_bounds_grow)
{
	static const struct histogram_shape *const shapes[] = {
		&metrics_seconds,
		&metrics_jobs,
	};

	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_le(shapes[i]->count, METRICS_BUCKETS);
		for (size_t at = 1; at < shapes[i]->count; at++)
			ck_assert_int_gt(shapes[i]->bounds[at],
				shapes[i]->bounds[at - 1]);
	}
}
END_TEST

START_TEST(without_metrics_nothing_is_counted)
{
	metrics_watch(NULL, METRICS_QUEUE, NULL);
	metrics_request(NULL, 0, 200, 1);
	metrics_commit(NULL, 1, 1);
}
END_TEST

static void *count_many(void *context)
{
	(void)context;
	for (int i = 0; i < REQUESTS; i++)
		metrics_request(metrics, 7, 200, 3);
	return NULL;
}

START_TEST(no_request_of_any_thread_is_lost)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_many, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(metrics->requests[7][200], THREADS * REQUESTS);
	ck_assert_uint_eq(metrics->latency[7].buckets[0], THREADS * REQUESTS);
	ck_assert_uint_eq(metrics->latency[7].sum, 3 * THREADS * REQUESTS);
}
END_TEST

START_TEST(every_row_of_the_table_stands_where_it_says)
{
	struct request request = { .method = METHOD_GET, .segment_count = 1 };
	const char *allow;
	const struct api_route *row;
	size_t rows = 0;

	while (api_route_at(rows) != NULL)
		rows++;
	ck_assert_uint_eq(api_row_of(NULL), rows);
	request.segments[0] = SLICE("metrics");
	ok(api_route(&request, &allow, &error));
	row = api_route_at(api_row_of(request.route));
	ck_assert_ptr_eq(row, request.route);
	ck_assert_int_eq(row->method, METHOD_GET);
	ck_assert_str_eq(row->pattern, "/metrics");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *all = tcase_create("metrics");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, start, stop);
	tcase_add_test(all, a_bound_belongs_to_its_bucket);
	tcase_add_test(all, what_is_beyond_all_bounds_is_counted);
	tcase_add_test(all, the_bounds_grow);
	tcase_add_test(all, without_metrics_nothing_is_counted);
	tcase_add_test(all, no_request_of_any_thread_is_lost);
	tcase_add_test(all, every_row_of_the_table_stands_where_it_says);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
