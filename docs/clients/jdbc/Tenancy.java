import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * One transaction for each request: begin, login, the work, commit. Login shares a round trip with begin.
 *
 * <pre>
 *   var title = Tenancy.asTenant(pool, token, connection -> { ... });
 * </pre>
 *
 * A request of one query is shorter: begin, login and query share a round trip.
 *
 * <pre>
 *   var title = Tenancy.asTenant(pool, token, "select title from documents where id = ?", Titles::read, id);
 * </pre>
 *
 * The work may run twice: it should do nothing that a rollback does not undo.
 */
public final class Tenancy {
  private Tenancy() {}

  /** Gives the JWT of the request; fresh is true, once, where the first has expired. */
  public interface TokenSource {
    String token(boolean fresh);
  }

  public interface Work<From, To> {
    To run(From from) throws SQLException;
  }

  public static <T> T asTenant(DataSource pool, TokenSource source, Work<Connection, T> work) throws SQLException {
    return withRetry(source, jwt -> transaction(pool, connection -> {
      try (PreparedStatement login = connection.prepareStatement("select tenancy.login(?)")) {
        login.setString(1, jwt);
        login.execute();
      }
      return work.run(connection);
    }));
  }

  public static <T> T asTenant(DataSource pool, TokenSource source, String sql, Work<ResultSet, T> read, Object... values)
      throws SQLException {
    return withRetry(source, jwt -> transaction(pool, connection -> {
      try (PreparedStatement both = connection.prepareStatement("select tenancy.login(?); " + sql)) {
        both.setString(1, jwt);
        for (int i = 0; i < values.length; i++) both.setObject(i + 2, values[i]);
        both.execute();
        both.getMoreResults();
        return read.run(both.getResultSet());
      }
    }));
  }

  private static <T> T withRetry(TokenSource source, Work<String, T> request) throws SQLException {
    String jwt = source.token(false);
    try {
      return request.run(jwt);
    } catch (SQLException error) {
      if ("28T02".equals(error.getSQLState())) jwt = source.token(true);
      else if (!"28000".equals(error.getSQLState())) throw error;
    }
    return request.run(jwt);
  }

  private static <T> T transaction(DataSource pool, Work<Connection, T> work) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      try {
        connection.setAutoCommit(false);
        T result = work.run(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException error) {
        if (error instanceof SQLException refused && "28T04".equals(refused.getSQLState())) {
          connection.abort(Runnable::run); // the pool replaces it
        } else {
          connection.rollback();
        }
        throw error;
      }
    }
  }
}
